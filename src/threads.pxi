# Threads: how they share work, and where they wait for each other.

cdef extern from *:
    """
    /* Where the threads wait between two phases. OpenMP's own barrier lets
       those who wait sleep, and to wake up takes as long as a phase of a small network;
       here they look for some 50 microseconds, then let others have the processor. */
    typedef struct { int arrived, round; } Barrier;
    #ifdef _OPENMP
      #include <omp.h>
      #define WITH_OPENMP 1
      static inline int thread_count(void) { return omp_get_num_threads(); }
    #else
      #define WITH_OPENMP 0
      static inline int thread_count(void) { return 1; }
    #endif
    #if defined(_OPENMP) && defined(__GNUC__) && !defined(_WIN32)
      #include <sched.h>
      #if defined(__x86_64__) || defined(__i386__)
        #define relax() __builtin_ia32_pause()
      #else
        #define relax()
      #endif
      static void barrier_wait(Barrier* barrier, int threads) {
        int looks = 0, round = __atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE);
        if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) == threads) {
          barrier->arrived = 0;
          __atomic_store_n(&barrier->round, round + 1, __ATOMIC_RELEASE);
        }
        while (__atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE) == round)
          if (++looks > 2000) sched_yield(); else relax();
      }
    #else
      static inline void barrier_wait(Barrier* barrier, int threads) {
        #pragma omp barrier
      }
    #endif
    """
    ctypedef struct Barrier:
        pass
    enum:
        WITH_OPENMP
    int thread_count() nogil
    # Wait here until every thread has come.
    void wait "barrier_wait"(Barrier* barrier, int threads) nogil


cdef inline Py_ssize_t range_start(
    Py_ssize_t count, Py_ssize_t grain, int thread, int threads
) noexcept nogil:
    """Where a thread's range of `count` begins, in whole grains"""
    cdef Py_ssize_t grains = (count + grain - 1) // grain
    return min(grains * thread // threads * grain, count)
