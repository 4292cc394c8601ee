/*
 * Preloaded into a program, this makes writes to the files of one folder fail on demand. FAULT_FOLDER names the
 * folder; FAULT_FILE a file that holds, while they should fail, what an attempt comes to and which attempts:
 *
 *     <errno> <w or s> <n>
 *
 * w: after n more writes every write fails; s: every sync, after n more. Without the file nothing fails.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int attempts;

static int is_in_folder(int fd) {
  const char *folder = getenv("FAULT_FOLDER");
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (folder == NULL || length < 0) return 0;
  path[length] = 0;
  return strncmp(path, folder, strlen(folder)) == 0;
}

/* The errno with which this attempt fails, or 0. */
static int fault(int fd, char kind) {
  const char *name = getenv("FAULT_FILE");
  if (name == NULL || !is_in_folder(fd)) return 0;
  FILE *file = fopen(name, "r");
  if (file == NULL) return attempts = 0;
  int code = 0, allowed = 0;
  char failing = 0;
  int fields = fscanf(file, "%d %c %d", &code, &failing, &allowed);
  fclose(file);
  if (fields != 3 || failing != kind) return 0;
  return atomic_fetch_add(&attempts, 1) < allowed ? 0 : code;
}

#define FAULTY(result, name, kind, declared, given)                     \
  result name declared {                                                \
    int code = fault(fd, kind);                                         \
    if (code != 0) return errno = code, -1;                             \
    result(*next) declared = (result(*) declared)dlsym(RTLD_NEXT, #name); \
    return next given;                                                  \
  }

FAULTY(ssize_t, write, 'w', (int fd, const void *bytes, size_t count), (fd, bytes, count))
FAULTY(ssize_t, pwrite, 'w', (int fd, const void *bytes, size_t count, off_t at), (fd, bytes, count, at))
FAULTY(ssize_t, pwrite64, 'w', (int fd, const void *bytes, size_t count, off64_t at), (fd, bytes, count, at))
FAULTY(int, ftruncate64, 'w', (int fd, off64_t length), (fd, length))
FAULTY(int, fsync, 's', (int fd), (fd))
FAULTY(int, fdatasync, 's', (int fd), (fd))
