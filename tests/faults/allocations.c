/* Memory that runs out when it is told to: loaded before libc, it lets one allocation
   fail, or all from one on, and counts the large ones that are not given back: of small
   ones Python and NumPy keep some. For glibc. */

#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>

void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* old);

#define LARGE 4096

static long seen, first_to_fail, last_to_fail, live;
static uintptr_t spared_from, spared_to;

/* Let the allocations from one to another fail, counted from now on; 0, 0: none. */
void faults_arm(long first, long last) {
  seen = 0;
  first_to_fail = first;
  last_to_fail = last;
}

/* Whose own allocations do not count: those of code between two addresses. */
void faults_spare(uintptr_t from, uintptr_t to) {
  spared_from = from;
  spared_to = to;
}

/* What Python calls for `os.getppid()` ends it: with no memory left, ctypes cannot. */
int getppid(void) {
  faults_arm(0, 0);
  return 0;
}

long faults_seen(void) { return seen; }
long faults_live(void) { return live; }

static int fails(void* caller) {
  long number;
  if ((uintptr_t)caller >= spared_from && (uintptr_t)caller < spared_to) return 0;
  number = __atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED);
  if (number < first_to_fail || number > last_to_fail) return 0;
  errno = ENOMEM;
  return 1;
}

static void* counted(void* memory) {
  if (memory != NULL && malloc_usable_size(memory) >= LARGE)
    __atomic_add_fetch(&live, 1, __ATOMIC_RELAXED);
  return memory;
}

#define FAILS fails(__builtin_return_address(0))

void* malloc(size_t size) { return FAILS ? NULL : counted(__libc_malloc(size)); }

void* calloc(size_t count, size_t size) {
  return FAILS ? NULL : counted(__libc_calloc(count, size));
}

void* realloc(void* old, size_t size) {
  void* memory;
  int was_large = old != NULL && malloc_usable_size(old) >= LARGE;
  if (FAILS) return NULL;
  memory = __libc_realloc(old, size);
  if (memory != NULL && was_large) __atomic_sub_fetch(&live, 1, __ATOMIC_RELAXED);
  return counted(memory);
}

void* memalign(size_t alignment, size_t size) {
  return FAILS ? NULL : counted(__libc_memalign(alignment, size));
}

void* aligned_alloc(size_t alignment, size_t size) {
  return FAILS ? NULL : counted(__libc_memalign(alignment, size));
}

int posix_memalign(void** memory, size_t alignment, size_t size) {
  if (FAILS) return ENOMEM;
  *memory = counted(__libc_memalign(alignment, size));
  return *memory == NULL ? ENOMEM : 0;
}

void free(void* old) {
  if (old != NULL && malloc_usable_size(old) >= LARGE)
    __atomic_sub_fetch(&live, 1, __ATOMIC_RELAXED);
  __libc_free(old);
}
