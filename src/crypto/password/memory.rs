//! The memory in which a thread computes its hashes.

use argon2::Block;

use crate::crypto::argon::Memory;

/// 33 MiB, more than `malloc` keeps; see [`OwnMemory`].
const RETURNED_BY_MALLOC: usize = 33 * 1024;

/// Below this, in blocks, nothing is worth the address space.
const SMALL: usize = 1024;

/// Blocks for hashes of the configured cost, taken when they are first needed and kept for the next.
///
/// Taking 19 MiB anew for every password would cost as much as a fifth of the hash in page faults.
///
/// What is given back must be gone: glibc keeps what is smaller than 32 MiB for itself once it has seen
/// it freed, and then every pause made the process larger (measured: 3, 42, 61, 81 MB). So more
/// address space is asked for than that, of which only the blocks that are wanted are ever touched.
pub(super) struct OwnMemory {
    blocks: Vec<Block>,
    wanted: usize,
}

impl OwnMemory {
    /// Memory for hashes of `wanted` blocks and fewer.
    pub(super) fn new(wanted: usize) -> Self {
        Self {
            blocks: Vec::new(),
            wanted,
        }
    }

    /// Whether none is held.
    pub(super) fn is_released(&self) -> bool {
        self.blocks.capacity() == 0
    }

    /// Gives the memory back until the next hash.
    pub(super) fn release(&mut self) {
        self.blocks = Vec::new();
    }
}

impl Memory for OwnMemory {
    /// What is larger than our own hashes, an imported one, takes its memory for itself, so that the
    /// thread does not keep it afterwards.
    fn lend(&mut self, count: usize) -> Option<&mut [Block]> {
        if count > self.wanted {
            return None;
        }
        if self.blocks.len() < self.wanted {
            let reserved = if self.wanted < SMALL {
                self.wanted
            } else {
                self.wanted.max(RETURNED_BY_MALLOC)
            };
            self.blocks.try_reserve_exact(reserved).ok()?;
            self.blocks.resize(self.wanted, Block::new());
        }
        Some(&mut self.blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_taken_when_needed_kept_and_given_back() {
        let mut memory = OwnMemory::new(16);
        assert!(memory.is_released());
        assert_eq!(memory.lend(8).map(|blocks| blocks.len()), Some(16));
        let first = memory.blocks.as_ptr();
        assert_eq!(memory.lend(16).map(|blocks| blocks.len()), Some(16));
        assert_eq!(memory.blocks.as_ptr(), first);
        assert!(!memory.is_released());
        memory.release();
        assert!(memory.is_released());
    }

    #[test]
    #[ignore = "measures the process and must be alone in it: the next test starts it"]
    fn measure_alone() {
        let resident_pages = || -> u64 {
            let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
            statm.split(' ').nth(1).unwrap().parse().unwrap()
        };
        let before = resident_pages();
        let mut memory = OwnMemory::new(19_456);
        for round in 0..4 {
            memory.lend(1);
            assert!(resident_pages() > before + 4_000, "{round}: it is there");
            memory.release();
            assert!(resident_pages() < before + 1_000, "{round}: it is gone");
        }
    }

    #[test]
    fn what_is_given_back_leaves_the_process_every_time() {
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact"])
            .arg(
                concat!(module_path!(), "::measure_alone")
                    .split_once("::")
                    .unwrap()
                    .1,
            )
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(said.contains("1 passed"), "{said}");
    }

    #[test]
    fn more_than_our_own_hashes_need_is_not_lent() {
        let mut memory = OwnMemory::new(16);
        assert!(memory.lend(17).is_none());
        assert!(memory.is_released());
    }

    #[test]
    fn memory_that_cannot_be_had_is_not_lent() {
        assert!(OwnMemory::new(usize::MAX).lend(1).is_none());
    }
}
