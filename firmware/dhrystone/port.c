/* Dhrystone 2.1 on a Systole chip: memory, time and text. The benchmark itself is not part of Systole. */
#include "stdio.h"

#include <stdarg.h>
#include <stddef.h>
#include <systole.h>
#include "uart.h"

#ifndef RUNS
#error "define RUNS as the number of runs through the benchmark"
#endif

/* Two records of the benchmark. */
#define HEAP_BYTES 256u

void *malloc(size_t bytes)
{
  static uint32_t heap[HEAP_BYTES / 4];
  static size_t used;
  if (bytes > HEAP_BYTES - used) return NULL;
  void *place = &heap[used / 4];
  used += (bytes + 3) & ~(size_t)3;
  return place;
}

/* Clock cycles, by the timer that every chip has: a core without counters can be measured too. The benchmark asks twice; what
   lies between is told here, as a whole number. */
long time(long *place)
{
  static long began;
  static int calls;
  const long cycles = (long)SYSTOLE_REGISTER(SYSTOLE_MTIME_LO);
  if (calls++ == 0) began = cycles;
  else uart_printf("Runs: %d\nCycles: %d\n", RUNS, (int)(cycles - began));
  if (place != NULL) *place = cycles;
  return cycles;
}

/* Results in floating point, which the benchmark prints last, are not written: they follow from runs and cycles. */
int printf(const char *format, ...)
{
  static const char results[] = "%6.1f";
  size_t same = 0;
  while (results[same] != 0 && format[same] == results[same]) same++;
  va_list arguments;
  va_start(arguments, format);
  if (results[same] == 0) uart_puts("see Runs and Cycles");
  else uart_vprintf(format, arguments);
  va_end(arguments);
  return 0;
}

/* The one question: how many runs. */
int scanf(const char *format, ...)
{
  va_list arguments;
  (void)format;
  va_start(arguments, format);
  *va_arg(arguments, int *) = RUNS;
  va_end(arguments);
  return 1;
}
