/* The processor: time, and the end of the program. */
#ifndef SYSTOLE_SYSTEM_H
#define SYSTOLE_SYSTEM_H

#include <stdint.h>
#include <systole.h>

/* Ends the program: 0 passes, n fails as test n. */
void exit(int status) __attribute__((noreturn));

/*
 * Clock cycles since reset, low word: from mcycle, or, on a core without counters, where that is always 0, from the timer. For spans of
 * time; a program that writes or stops mcycle or mtime gets what it has written.
 */
static inline uint32_t cycles_now(void)
{
  uint32_t low, high;
  __asm__ volatile("csrr %0, mcycle" : "=r"(low));
  if (low != 0) return low;
  /* Both words are 0 in no other moment than that of reset. */
  __asm__ volatile("csrr %0, mcycleh" : "=r"(high));
  return high != 0 ? low : SYSTOLE_REGISTER(SYSTOLE_MTIME_LO);
}

#endif
