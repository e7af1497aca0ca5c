# Threads: how those of a team share work, and where they wait for each other.

cdef extern from *:
    """
    /* Where the threads of a team meet between two phases. OpenMP's own barrier lets
       those who wait sleep, and to wake up takes as long as a phase of a small network;
       here they look for some 50 microseconds, then let others have the processor. */
    typedef struct { int arrived, round; } Meeting;
    #ifdef _OPENMP
      #include <omp.h>
      #define WITH_OPENMP 1
      static inline int team_size(void) { return omp_get_num_threads(); }
    #else
      #define WITH_OPENMP 0
      static inline int team_size(void) { return 1; }
    #endif
    #if defined(_OPENMP) && defined(__GNUC__) && !defined(_WIN32)
      #include <sched.h>
      #if defined(__x86_64__) || defined(__i386__)
        #define relax() __builtin_ia32_pause()
      #else
        #define relax()
      #endif
      static void meet(Meeting* meeting, int threads) {
        int looks = 0, round = __atomic_load_n(&meeting->round, __ATOMIC_ACQUIRE);
        if (__atomic_add_fetch(&meeting->arrived, 1, __ATOMIC_ACQ_REL) == threads) {
          meeting->arrived = 0;
          __atomic_store_n(&meeting->round, round + 1, __ATOMIC_RELEASE);
        }
        while (__atomic_load_n(&meeting->round, __ATOMIC_ACQUIRE) == round)
          if (++looks > 2000) sched_yield(); else relax();
      }
    #else
      static inline void meet(Meeting* meeting, int threads) {
        #pragma omp barrier
      }
    #endif
    """
    ctypedef struct Meeting:
        pass
    enum:
        WITH_OPENMP
    int team_size() nogil
    # Wait here until every thread of the team has come.
    void meet(Meeting* meeting, int threads) nogil


cdef inline Py_ssize_t share(
    Py_ssize_t count, Py_ssize_t grain, int thread, int threads
) noexcept nogil:
    """Where a thread's share of `count` begins, in whole grains"""
    cdef Py_ssize_t grains = (count + grain - 1) // grain
    return min(grains * thread // threads * grain, count)
