# Threads: how they share the work on a batch, and where they wait for each other.

cdef extern from *:
    """
    #ifdef _OPENMP
      #include <omp.h>
      #define WITH_OPENMP 1
      static inline int thread_count(void) { return omp_get_num_threads(); }
      static inline int thread_limit(void) { return omp_get_max_threads(); }
      static inline int processor_count(void) { return omp_get_num_procs(); }
    #else
      #define WITH_OPENMP 0
      static inline int thread_count(void) { return 1; }
      static inline int thread_limit(void) { return 1; }
      static inline int processor_count(void) { return 1; }
    #endif

    /* Where threads wait for each other between two phases. They look first, since to
       sleep and be woken takes as long as a phase of a small network. Then they sleep:
       where programs are more than cores, the thread that they wait for may itself wait
       for a core, and only who sleeps gives one up. How often they look is halved after
       a long sleep, and doubled otherwise: who is woken comes late to the next barrier,
       where others would fall asleep in turn, were they to look less and less (an epoch
       of MNIST by two threads could take 15 % longer). */
    #if defined(_OPENMP) && defined(__GNUC__) && !defined(_WIN32)
      #include <pthread.h>
      #include <time.h>
      #define MOST_LOOKS 2048  /* some 50 microseconds */
      #define FEWEST_LOOKS 32
      #define LONG_SLEEP 50000  /* nanoseconds */
      #if defined(__x86_64__) || defined(__i386__)
        #define relax() __builtin_ia32_pause()
      #else
        #define relax()
      #endif
      typedef struct {
        int arrived, round, looks, sleepers;
        long long asleep;  /* since when, if there are sleepers */
        pthread_mutex_t mutex;
        pthread_cond_t opened;
      } Barrier;
      static long long nanoseconds(void) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return 1000000000LL * now.tv_sec + now.tv_nsec;
      }
      static void barrier_init(Barrier* barrier) {
        barrier->arrived = barrier->round = barrier->sleepers = 0;
        barrier->looks = MOST_LOOKS;
        pthread_mutex_init(&barrier->mutex, NULL);
        pthread_cond_init(&barrier->opened, NULL);
      }
      static void barrier_destroy(Barrier* barrier) {
        pthread_cond_destroy(&barrier->opened);
        pthread_mutex_destroy(&barrier->mutex);
      }
      static void barrier_open(Barrier* barrier) {
        int looks = barrier->looks;
        barrier->arrived = 0;
        pthread_mutex_lock(&barrier->mutex);
        if (barrier->sleepers && nanoseconds() - barrier->asleep > LONG_SLEEP)
          barrier->looks = looks / 2 > FEWEST_LOOKS ? looks / 2 : FEWEST_LOOKS;
        else
          barrier->looks = looks * 2 < MOST_LOOKS ? looks * 2 : MOST_LOOKS;
        if (barrier->sleepers) pthread_cond_broadcast(&barrier->opened);
        barrier->sleepers = 0;
        __atomic_add_fetch(&barrier->round, 1, __ATOMIC_RELEASE);
        pthread_mutex_unlock(&barrier->mutex);
      }
      static void barrier_wait(Barrier* barrier, int threads) {
        int round, looks;
        if (threads == 1) return;
        /* Both are as they were until this thread, too, has arrived. */
        round = __atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE);
        looks = barrier->looks;
        if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) == threads) {
          barrier_open(barrier);
          return;
        }
        for (; looks > 0; looks--) {
          if (__atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE) != round) return;
          relax();
        }
        pthread_mutex_lock(&barrier->mutex);
        while (__atomic_load_n(&barrier->round, __ATOMIC_RELAXED) == round) {
          if (!barrier->sleepers++) barrier->asleep = nanoseconds();
          pthread_cond_wait(&barrier->opened, &barrier->mutex);
        }
        pthread_mutex_unlock(&barrier->mutex);
      }

      /* Where it cannot start a thread, for want of memory or by a limit, GNU OpenMP
         ends the program. So as many threads as it is about to start for this one are
         started here first, all at a time; it keeps those of the last region. */
      #include <stdlib.h>
      #define MOST_THREADS 512
      #define ROOM_OF_TEAM 65536  /* in bytes: more than it asks for itself */
      static __thread int team = 1;
      static void* wait_for_others(void* mutex) {
        pthread_mutex_lock(mutex);
        pthread_mutex_unlock(mutex);
        return NULL;
      }
      static int threads_start(int threads) {
        pthread_t started[MOST_THREADS];
        pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
        int i, count = 0, wanted = threads - team;
        void* room = NULL;
        if (wanted > MOST_THREADS) return 0;
        if (wanted > 0) {
          pthread_mutex_lock(&mutex);
          while (count < wanted &&
                 !pthread_create(&started[count], NULL, wait_for_others, &mutex))
            count++;
          room = malloc(ROOM_OF_TEAM);
          pthread_mutex_unlock(&mutex);
          for (i = 0; i < count; i++) pthread_join(started[i], NULL);
          if (room == NULL || count < wanted) {
            free(room);
            return 0;
          }
          free(room);
        }
        team = threads;
        return 1;
      }
    #else
      static inline int threads_start(int threads) { return 1; }
      typedef int Barrier;
      static inline void barrier_init(Barrier* barrier) { *barrier = 0; }
      static inline void barrier_destroy(Barrier* barrier) { (void) barrier; }
      static inline void barrier_wait(Barrier* barrier, int threads) {
        (void) barrier, (void) threads;
        #pragma omp barrier
      }
    #endif

    #define rewrite(place) (*(volatile float*) (place) = *(volatile float*) (place))
    """
    enum:
        WITH_OPENMP
    # How many threads work in this parallel region, and may work in the next one.
    int thread_count() nogil
    int thread_limit() nogil
    int processor_count() nogil
    # Whether so many threads can be had, this one among them.
    bint threads_start(int threads) nogil
    void barrier_init(Barrier* barrier) nogil
    void barrier_destroy(Barrier* barrier) nogil
    # Write to a place what is there.
    void rewrite(float* place) nogil
    # Wait here until all threads have come.
    void wait "barrier_wait"(Barrier* barrier, int threads) nogil


cdef inline Py_ssize_t range_start(
    Py_ssize_t count, Py_ssize_t grain, int thread, int threads
) noexcept nogil:
    """Where a thread's range of `count` begins, in whole grains"""
    cdef Py_ssize_t grains = (count + grain - 1) // grain
    return min(grains * thread // threads * grain, count)


cdef struct ThreadRange:
    Py_ssize_t first
    Py_ssize_t stop
    Py_ssize_t size


cdef inline ThreadRange thread_range(
    Py_ssize_t count, Py_ssize_t grain, const Batch* batch
) noexcept nogil:
    """What of `count` is a thread's own, in whole grains"""
    cdef ThreadRange own
    own.first = range_start(count, grain, batch.thread, batch.threads)
    own.stop = range_start(count, grain, batch.thread + 1, batch.threads)
    own.size = own.stop - own.first
    return own
