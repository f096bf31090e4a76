/* A file layer for tests, put before the C library's by LD_PRELOAD: it records what a program writes below one folder, or
   makes one of these operations fail.

   FILE_LAYER_ROOT    the folder
   FILE_LAYER_RECORD  where to record, with the bytes, what is written and made durable there, and what goes to standard output
   FILE_LAYER_FAIL    "N ERRNO" or "N ERRNO on": the Nth operation fails, or it and all after it
   FILE_LAYER_FIRED   a file that gets one byte for each failure

   Not covered: mappings, and system calls made past the C library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define DESCRIPTORS 4096
static char kind[DESCRIPTORS]; /* 0 foreign, 1 a file of ours, 2 a folder of ours */
static char root[4096];
static size_t root_size;
static int record = -1, fired = -1, fail_errno, fail_on;
static long fail_at, operations;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static int (*real_fsync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);

__attribute__((constructor)) static void begin(void) {
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite");
  real_open = dlsym(RTLD_NEXT, "open");
  real_close = dlsym(RTLD_NEXT, "close");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
  real_rename = dlsym(RTLD_NEXT, "rename");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  const char *text = getenv("FILE_LAYER_ROOT");
  if (!text) return;
  snprintf(root, sizeof root, "%s", text);
  root_size = strlen(root);
  if ((text = getenv("FILE_LAYER_RECORD"))) record = real_open(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if ((text = getenv("FILE_LAYER_FIRED"))) fired = real_open(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if ((text = getenv("FILE_LAYER_FAIL"))) {
    char on[8] = "";
    if (sscanf(text, "%ld %d %7s", &fail_at, &fail_errno, on) >= 2) fail_on = !strcmp(on, "on");
  }
}

/* The name below the folder, "" for the folder itself; NULL for what is elsewhere. */
static const char *ours(const char *path) {
  if (!root_size || !path || strncmp(path, root, root_size)) return NULL;
  if (!path[root_size]) return "";
  return path[root_size] == '/' ? path + root_size + 1 : NULL;
}

static int is(int fd, char what) { return fd >= 0 && fd < DESCRIPTORS && kind[fd] == what; }

static uint64_t inode(int fd) {
  struct stat found;
  return fstat(fd, &found) ? 0 : found.st_ino;
}

static void put(const void *bytes, size_t size) {
  const char *at = bytes;
  while (size) {
    ssize_t done = real_write(record, at, size);
    if (done <= 0) abort();
    at += done;
    size -= (size_t)done;
  }
}

/* One record: a letter, two numbers, and as many bytes as a third one says. */
static void say(char what, uint64_t a, uint64_t b, const void *bytes, uint64_t size) {
  if (record < 0) return;
  put(&what, 1);
  put(&a, 8);
  put(&b, 8);
  put(&size, 8);
  put(bytes, size);
}

/* Whether this operation is the one that fails. */
static int fails(void) {
  operations++;
  if (!fail_at || operations < fail_at || (operations > fail_at && !fail_on)) return 0;
  if (fired >= 0) real_write(fired, "x", 1);
  errno = fail_errno;
  return 1;
}

static int open_it(const char *path, int flags, mode_t mode) {
  const char *name = ours(path);
  if (!name) {
    int fd = real_open(path, flags, mode);
    if (fd >= 0 && fd < DESCRIPTORS) kind[fd] = 0;
    return fd;
  }
  pthread_mutex_lock(&lock);
  struct stat before;
  int there = !lstat(path, &before);
  int makes = (flags & O_CREAT) && !there;
  int fd = -1;
  if (!makes || !fails()) fd = real_open(path, flags, mode);
  int kept = errno;
  if (fd >= 0 && fd < DESCRIPTORS) {
    struct stat found;
    kind[fd] = !fstat(fd, &found) && S_ISDIR(found.st_mode) ? 2 : 1;
    if (makes) say('C', inode(fd), 0, name, strlen(name));
    if (there && (flags & O_TRUNC)) say('T', inode(fd), 0, "", 0);
  }
  errno = kept;
  pthread_mutex_unlock(&lock);
  return fd;
}

#define WITH_MODE(flags, mode)                       \
  mode_t mode = 0;                                   \
  if ((flags) & (O_CREAT | O_TMPFILE)) {             \
    va_list rest;                                    \
    va_start(rest, flags);                           \
    mode = va_arg(rest, mode_t);                     \
    va_end(rest);                                    \
  }
int open(const char *path, int flags, ...) {
  WITH_MODE(flags, mode)
  return open_it(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  WITH_MODE(flags, mode)
  return open_it(path, flags, mode);
}

int close(int fd) {
  if (fd >= 0 && fd < DESCRIPTORS) kind[fd] = 0;
  return real_close(fd);
}

static ssize_t write_at(int fd, const void *bytes, size_t size, off_t at) {
  pthread_mutex_lock(&lock);
  ssize_t done = -1;
  if (!fails()) done = real_pwrite(fd, bytes, size, at);
  int kept = errno;
  if (done > 0) say('W', inode(fd), (uint64_t)at, bytes, (uint64_t)done);
  errno = kept;
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  return is(fd, 1) ? write_at(fd, bytes, size, at) : real_pwrite(fd, bytes, size, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) { return pwrite(fd, bytes, size, at); }

ssize_t write(int fd, const void *bytes, size_t size) {
  if (fd == 1 && record >= 0) {
    pthread_mutex_lock(&lock);
    say('A', 0, 0, bytes, size);
    pthread_mutex_unlock(&lock);
  }
  if (!is(fd, 1)) return real_write(fd, bytes, size);
  int appends = fcntl(fd, F_GETFL) & O_APPEND;
  off_t at = lseek(fd, 0, appends ? SEEK_END : SEEK_CUR);
  ssize_t done = write_at(fd, bytes, size, at);
  if (done > 0) lseek(fd, at + done, SEEK_SET);
  return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  ssize_t all = 0;
  for (int i = 0; i < count; i++) {
    ssize_t done = write(fd, parts[i].iov_base, parts[i].iov_len);
    if (done < 0) return all ? all : done;
    all += done;
    if ((size_t)done < parts[i].iov_len) break;
  }
  return all;
}

int fsync(int fd) {
  if (!is(fd, 1) && !is(fd, 2)) return real_fsync(fd);
  pthread_mutex_lock(&lock);
  int result = -1;
  if (!fails()) result = real_fsync(fd);
  int kept = errno;
  if (!result) say(is(fd, 2) ? 'D' : 'S', inode(fd), 0, "", 0);
  errno = kept;
  pthread_mutex_unlock(&lock);
  return result;
}
int fdatasync(int fd) { return fsync(fd); }

int ftruncate(int fd, off_t size) {
  if (!is(fd, 1)) return real_ftruncate(fd, size);
  pthread_mutex_lock(&lock);
  int result = -1;
  if (!fails()) result = real_ftruncate(fd, size);
  int kept = errno;
  if (!result) say('T', inode(fd), (uint64_t)size, "", 0);
  errno = kept;
  pthread_mutex_unlock(&lock);
  return result;
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int rename(const char *from, const char *to) {
  const char *old = ours(from), *new = ours(to);
  if (!old || !new) return real_rename(from, to);
  pthread_mutex_lock(&lock);
  int result = -1;
  if (!fails()) result = real_rename(from, to);
  int kept = errno;
  if (!result) {
    char both[8192];
    int size = snprintf(both, sizeof both, "%s%c%s", old, 0, new);
    say('R', 0, 0, both, (uint64_t)size);
  }
  errno = kept;
  pthread_mutex_unlock(&lock);
  return result;
}

int unlink(const char *path) {
  const char *name = ours(path);
  if (!name) return real_unlink(path);
  pthread_mutex_lock(&lock);
  int result = -1;
  if (!fails()) result = real_unlink(path);
  int kept = errno;
  if (!result) say('U', 0, 0, name, strlen(name));
  errno = kept;
  pthread_mutex_unlock(&lock);
  return result;
}
