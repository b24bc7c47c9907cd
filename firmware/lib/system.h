/* The processor: time, and the end of the program. */
#ifndef SYSTOLE_SYSTEM_H
#define SYSTOLE_SYSTEM_H

#include <stdint.h>
#include <systole.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Ends the program: 0 passes, any other value fails. The simulator shows its lower 31 bits. */
void exit(int status) __attribute__((noreturn));

/*
 * Says what an exit value means, for the simulator to show: EXIT_REASON(7, "no sensor answers") outside of functions, value and text
 * literals or macros of literals, the text of one line. The program carries it along in a section that takes no memory of the chip.
 */
#define EXIT_REASON(value, text) SYSTOLE_EXIT_NOTE(value, text)
#define SYSTOLE_EXIT_NOTE(value, text) \
  __asm__(".pushsection .note.systole, \"\", @note\n" \
          ".align 2\n" \
          ".word 8, 2f - 1f, 1\n" \
          ".asciz \"Systole\"\n" \
          "1: .ascii \"" #value " " text "\\n\"\n" \
          "2: .align 2\n" \
          ".popsection")

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

#ifdef __cplusplus
}
#endif

#endif
