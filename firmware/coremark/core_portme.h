/* CoreMark on a Systole chip: what the benchmark asks a port to define. The benchmark itself is not part of Systole. */
#ifndef SYSTOLE_COREMARK_PORT_H
#define SYSTOLE_COREMARK_PORT_H

#include <stddef.h>
#include <stdint.h>

#define HAS_FLOAT 0
#define HAS_TIME_H 0
#define USE_CLOCK 0
#define HAS_STDIO 0
#define HAS_PRINTF 0

typedef int16_t ee_s16;
typedef uint16_t ee_u16;
typedef int32_t ee_s32;
typedef uint8_t ee_u8;
typedef uint32_t ee_u32;
typedef uintptr_t ee_ptr_int;
typedef size_t ee_size_t;
/* Clock cycles, by the timer that every chip has: a core without counters can be measured too. */
typedef uint32_t CORE_TICKS;

/* The next multiple of four. */
#define align_mem(place) ((void *)(((ee_ptr_int)(place) + 3) & ~(ee_ptr_int)3))

#define SEED_METHOD SEED_VOLATILE
#define MEM_METHOD MEM_STACK
#define MEM_LOCATION "STACK"
#define MULTITHREAD 1
#define MAIN_HAS_NOARGC 1
#define MAIN_HAS_NORETURN 0

#define COMPILER_VERSION "GCC " __VERSION__
#ifndef COMPILER_FLAGS
#error "define COMPILER_FLAGS as the text of the flags: the score's report names them"
#endif

extern ee_u32 default_num_contexts;

typedef struct CORE_PORTABLE_S {
  ee_u8 portable_id;
} core_portable;

void portable_init(core_portable *port, int *argc, char **argv);
void portable_fini(core_portable *port);
int ee_printf(const char *format, ...);

/* With seeds 0, 0, 0x66 and 2000 bytes this is the run that scores are quoted from. */
#ifndef PERFORMANCE_RUN
#define PERFORMANCE_RUN 1
#endif

#endif
