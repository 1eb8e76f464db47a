//! The program.

fn main() -> std::process::ExitCode {
    bartizan::cli::main()
}
