# The processor: which of the variants of these kernels it runs.

cdef extern from *:
    """
    /* The level of x86-64 that processor and operating system support: 4 has AVX-512, 3
       has AVX2; 1 is all else, and all other processors. */
    #if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
      #if !defined(__clang__) && __GNUC__ >= 12
        #define RUNS_V3() __builtin_cpu_supports("x86-64-v3")
        #define RUNS_V4() __builtin_cpu_supports("x86-64-v4")
      #else
        #define RUNS(feature) __builtin_cpu_supports(feature)
        #define RUNS_V3() (RUNS("avx2") && RUNS("fma") && RUNS("bmi") && RUNS("bmi2"))
        #define RUNS_V4() (RUNS_V3() && RUNS("avx512f") && RUNS("avx512bw") && \\
          RUNS("avx512cd") && RUNS("avx512dq") && RUNS("avx512vl"))
      #endif
      static int x86_64_level(void) {
        __builtin_cpu_init();
        return RUNS_V4() ? 4 : RUNS_V3() ? 3 : 1;
      }
    #elif defined(_M_X64)
      #include <intrin.h>
      static int x86_64_level(void) {
        /* FMA, MOVBE, OSXSAVE, AVX, F16C; BMI1, AVX2, BMI2; F, DQ, CD, BW, VL. */
        const unsigned first = 0x38401000u, v3 = 0x128u, v4 = 0xD0030000u;
        int one[4], seven[4];
        unsigned long long kept;
        __cpuid(one, 0);
        if (one[0] < 7) return 1;
        __cpuid(one, 1);
        __cpuidex(seven, 7, 0);
        if (((unsigned) one[2] & first) != first) return 1;
        if (((unsigned) seven[1] & v3) != v3) return 1;
        kept = _xgetbv(0);  /* the registers that the operating system keeps */
        if ((kept & 0x06) != 0x06) return 1;
        return ((unsigned) seven[1] & v4) == v4 && (kept & 0xE6) == 0xE6 ? 4 : 3;
      }
    #else
      static int x86_64_level(void) { return 1; }
    #endif
    """
    int x86_64_level() nogil


def supported_level() -> int:
    """The level of x86-64 that this machine runs: 1, 3 (AVX2) or 4 (AVX-512)"""
    return x86_64_level()
