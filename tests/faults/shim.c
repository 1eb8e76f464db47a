/*
 * Stands between the program and the system: fails, delays or records what is done to the files of
 * one directory, and moves the clock. Loaded with LD_PRELOAD.
 *
 * FAULTS_DIR      the directory whose files are watched
 * FAULTS_CONTROL  a file that is mapped: what to do, and what was done (struct control)
 * FAULTS_RECORD   a file to which operations are appended while control->record is not 0
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* shim.rs knows the offsets. */
struct control {
    _Atomic uint32_t write_error;  /*  0: errno for writes, truncations and allocations */
    _Atomic uint32_t sync_error;   /*  4: errno for syncs */
    _Atomic uint32_t open_error;   /*  8: errno for opening to write */
    _Atomic uint32_t files;        /* 12: which files the errors are for: bit 1 << file */
    _Atomic uint32_t every;        /* 16: only each n-th of the calls that would fail does; 0 is all */
    _Atomic uint32_t times;        /* 20: how many fail before it is over; 0 is no end */
    _Atomic uint32_t sync_delay;   /* 24: milliseconds that a sync takes longer */
    _Atomic uint32_t short_writes; /* 28: writes write half of what they are asked to */
    _Atomic uint32_t record;       /* 32: operations are recorded */
    _Atomic uint32_t syncing;      /* 36: syncs that wait for the delay */
    _Atomic int64_t clock_offset;  /* 40: nanoseconds to add to the time of day */
    _Atomic uint64_t recorded;     /* 48: operations in the record */
    _Atomic uint64_t failed;       /* 56: calls that were made to fail */
    _Atomic uint64_t tried;        /* 64: calls that `every` counts */
};

/* replay.rs reads it; the bytes of a write follow. */
struct entry {
    uint64_t number;
    uint32_t kind;
    uint32_t file;
    uint64_t offset; /* of a write; length after a truncation; number of the begin of a sync */
    uint64_t length; /* of the bytes that follow */
};

enum { WRITE = 1, TRUNCATE, SYNC_BEGINS, SYNCED, SYNC_FAILED, CREATE, UNLINK };
enum { NONE, DATABASE, WAL, SHM, JOURNAL, FOLDER, OTHER };

#define MOST 65536
static unsigned char kinds[MOST];
static struct control *control;
static int record = -1;
static const char *folder;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name)

static ssize_t real_write(int fd, const void *bytes, size_t length)
{
    static __typeof__(&write) found;
    if (!found)
        found = (__typeof__(&write))(uintptr_t)dlsym(RTLD_NEXT, "write");
    return found(fd, bytes, length);
}

static int real_open(const char *path, int flags, mode_t mode)
{
    static __typeof__(&open) found;
    if (!found)
        found = (__typeof__(&open))(uintptr_t)dlsym(RTLD_NEXT, "open");
    return found(path, flags, mode);
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("FAULTS_CONTROL");
    folder = getenv("FAULTS_DIR");
    if (!path || !folder)
        return;
    int fd = real_open(path, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0)
        abort();
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        abort();
    path = getenv("FAULTS_RECORD");
    if (path) {
        record = real_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (record < 0)
            abort();
    }
    control = map;
}

static int kind_of(const char *path)
{
    size_t length;
    if (!control || !path || strncmp(path, folder, length = strlen(folder)) != 0)
        return NONE;
    if (path[length] == 0)
        return FOLDER;
    if (path[length] != '/')
        return NONE;
    const char *name = path + length + 1;
    if (strcmp(name, "bartizan.db") == 0)
        return DATABASE;
    if (strcmp(name, "bartizan.db-wal") == 0)
        return WAL;
    if (strcmp(name, "bartizan.db-shm") == 0)
        return SHM;
    if (strcmp(name, "bartizan.db-journal") == 0)
        return JOURNAL;
    return OTHER;
}

static int kind_at(int fd)
{
    return control && fd >= 0 && fd < MOST ? kinds[fd] : NONE;
}

/* Notes an operation and returns its number. The record ends with whole entries. */
static uint64_t note(int kind, int file, uint64_t offset, const void *bytes, size_t length)
{
    if (record < 0 || !atomic_load(&control->record) || file == SHM || file == OTHER)
        return 0;
    pthread_mutex_lock(&lock);
    struct entry entry = {atomic_load(&control->recorded), kind, file, offset, length};
    if (real_write(record, &entry, sizeof entry) != (ssize_t)sizeof entry)
        abort();
    if (length && real_write(record, bytes, length) != (ssize_t)length)
        abort();
    atomic_store(&control->recorded, entry.number + 1);
    pthread_mutex_unlock(&lock);
    return entry.number;
}

/* Whether a call on this file fails now. */
static int fails(int file, uint32_t error)
{
    if (!error || !(atomic_load(&control->files) >> file & 1))
        return 0;
    uint32_t every = atomic_load(&control->every);
    if (every && atomic_fetch_add(&control->tried, 1) % every != every - 1)
        return 0;
    uint32_t times = atomic_load(&control->times);
    uint64_t before = atomic_fetch_add(&control->failed, 1);
    if (times && before >= times) {
        atomic_fetch_sub(&control->failed, 1);
        return 0;
    }
    errno = (int)error;
    return 1;
}

static int opened(const char *path, int flags, mode_t mode)
{
    int file = kind_of(path);
    if (file && (flags & O_ACCMODE) != O_RDONLY && fails(file, atomic_load(&control->open_error)))
        return -1;
    int creates = file && (flags & O_CREAT) && access(path, F_OK) != 0;
    int fd = real_open(path, flags, mode);
    if (fd >= 0 && fd < MOST) {
        kinds[fd] = (unsigned char)file;
        if (creates)
            note(CREATE, file, 0, NULL, 0);
    }
    return fd;
}

static mode_t mode_in(int flags, va_list list)
{
    return flags & (O_CREAT | __O_TMPFILE) ? (mode_t)va_arg(list, int) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = mode_in(flags, list);
    va_end(list);
    return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = mode_in(flags, list);
    va_end(list);
    return opened(path, flags, mode);
}

int close(int fd)
{
    REAL(close);
    if (fd >= 0 && fd < MOST)
        kinds[fd] = NONE;
    return real(fd);
}

static ssize_t written(int fd, const void *bytes, size_t length, off_t offset, int at)
{
    int file = kind_at(fd);
    if (file) {
        if (fails(file, atomic_load(&control->write_error)))
            return -1;
        if (atomic_load(&control->short_writes) && length > 1)
            length /= 2;
        note(WRITE, file, (uint64_t)(at ? offset : lseek(fd, 0, SEEK_CUR)), bytes, length);
    }
    if (!at)
        return real_write(fd, bytes, length);
    REAL(pwrite);
    return real(fd, bytes, length, offset);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    return written(fd, bytes, length, 0, 0);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    return written(fd, bytes, length, offset, 1);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
    return written(fd, bytes, length, offset, 1);
}

static int truncated(int fd, off_t length)
{
    REAL(ftruncate);
    int file = kind_at(fd);
    if (file) {
        if (fails(file, atomic_load(&control->write_error)))
            return -1;
        note(TRUNCATE, file, (uint64_t)length, NULL, 0);
    }
    return real(fd, length);
}

int ftruncate(int fd, off_t length)
{
    return truncated(fd, length);
}

int ftruncate64(int fd, off64_t length)
{
    return truncated(fd, length);
}

int posix_fallocate(int fd, off_t offset, off_t length)
{
    REAL(posix_fallocate);
    int file = kind_at(fd);
    if (file && fails(file, atomic_load(&control->write_error)))
        return errno;
    return real(fd, offset, length);
}

static int synced(int fd, int (*real)(int))
{
    int file = kind_at(fd);
    if (!file)
        return real(fd);
    uint32_t delay = atomic_load(&control->sync_delay);
    if (delay) {
        atomic_fetch_add(&control->syncing, 1);
        struct timespec rest = {delay / 1000, (long)(delay % 1000) * 1000000};
        nanosleep(&rest, NULL);
        atomic_fetch_sub(&control->syncing, 1);
    }
    uint64_t begun = note(SYNC_BEGINS, file, 0, NULL, 0);
    if (fails(file, atomic_load(&control->sync_error))) {
        int error = errno;
        note(SYNC_FAILED, file, begun, NULL, 0);
        errno = error;
        return -1;
    }
    int result = real(fd);
    note(result == 0 ? SYNCED : SYNC_FAILED, file, begun, NULL, 0);
    return result;
}

int fsync(int fd)
{
    REAL(fsync);
    return synced(fd, real);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    return synced(fd, real);
}

int unlink(const char *path)
{
    REAL(unlink);
    int file = kind_of(path);
    if (file)
        note(UNLINK, file, 0, NULL, 0);
    return real(path);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    static __typeof__(&clock_gettime) real;
    if (!real)
        real = (__typeof__(&clock_gettime))(uintptr_t)dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    if (result == 0 && control && clock == CLOCK_REALTIME) {
        int64_t offset = atomic_load(&control->clock_offset);
        int64_t nanos = (int64_t)time->tv_nsec + offset % 1000000000;
        time->tv_sec += offset / 1000000000;
        time->tv_sec += nanos < 0 ? -1 : nanos / 1000000000;
        time->tv_nsec = nanos < 0 ? nanos + 1000000000 : nanos % 1000000000;
    }
    return result;
}
