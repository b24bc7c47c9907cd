/* CoreMark on a Systole chip: seeds, time and text. */
#include "coremark.h"

#include <stdarg.h>
#include <systole.h>
#include "uart.h"

/* Clock cycles that count as a second. A score for each MHz does not depend on it; a low one lets a few iterations last the
   ten seconds that the benchmark demands. */
#ifndef TICKS_PER_SECOND
#define TICKS_PER_SECOND 10000u
#endif

/* Volatile, so that the compiler cannot compute the benchmark. */
volatile ee_s32 seed1_volatile = 0;
volatile ee_s32 seed2_volatile = 0;
volatile ee_s32 seed3_volatile = 0x66;
volatile ee_s32 seed4_volatile = ITERATIONS;
volatile ee_s32 seed5_volatile = 0;

ee_u32 default_num_contexts = 1;

static CORE_TICKS started;
static CORE_TICKS ended;

static CORE_TICKS now(void)
{
  return SYSTOLE_REGISTER(SYSTOLE_MTIME_LO);
}

void start_time(void)
{
  started = now();
}

void stop_time(void)
{
  ended = now();
}

CORE_TICKS get_time(void)
{
  return ended - started;
}

secs_ret time_in_secs(CORE_TICKS ticks)
{
  return ticks / TICKS_PER_SECOND;
}

void portable_init(core_portable *port, int *argc, char **argv)
{
  (void)argc;
  (void)argv;
  port->portable_id = 1;
}

void portable_fini(core_portable *port)
{
  port->portable_id = 0;
}

int ee_printf(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  uart_vprintf(format, arguments);
  va_end(arguments);
  return 0;
}
