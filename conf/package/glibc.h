/*
 * For every C file of a release build, by -include in CGO_CFLAGS: binds the
 * functions below to the first version that glibc gave them, and not to the
 * last. glibc 2.32 and 2.34 moved them into libc.so.6 under new versions, with
 * nothing changed; a library that asks for those does not load on older
 * distributions. check-glibc finds what is missing here.
 */
#ifndef __ASSEMBLER__

#if defined(__x86_64__)
#define FIRST "GLIBC_2.2.5"
#define FIRST_CLOCK "GLIBC_2.3.3"
#elif defined(__aarch64__)
#define FIRST "GLIBC_2.17"
#define FIRST_CLOCK FIRST
#else
#error "the first version of glibc on this architecture is not known here"
#endif

#define BIND_TO(version, function) __asm__(".symver " #function "," #function "@" version)
#define BIND(function) BIND_TO(FIRST, function)

BIND(dlopen);
BIND(dlsym);
BIND(pthread_attr_getstack);
BIND(pthread_attr_getstacksize);
BIND_TO(FIRST_CLOCK, pthread_condattr_setclock);
BIND(pthread_create);
BIND(pthread_getattr_np);
BIND(pthread_join);
BIND(pthread_key_create);
BIND(pthread_once);
BIND(pthread_setspecific);
BIND(pthread_sigmask);

#undef BIND
#undef BIND_TO
#undef FIRST
#undef FIRST_CLOCK

#endif
