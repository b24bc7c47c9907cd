/* What a fence guards: the result of tn_fence is not used, and what the unit stored is read at once. */
#include <systole.h>
#include "uart.h"

#define COUNT 59

static int8_t from[64], to[64];

int main(void)
{
  uint32_t stale = 0, bytes = tn_info(TN_INFO_ROWS);
  if (bytes > sizeof from) bytes = sizeof from;
  for (uint32_t i = 1; i <= COUNT; i++) {
    for (uint32_t b = 0; b < bytes; b++) from[b] = (int8_t)(i + b);
    tn_arg(0, bytes, 0);
    tn_ld(from, i, 1);
    tn_arg(0, bytes, 0);
    tn_st(to, i, 1);
    tn_fence();
    /* In a register that the fence's result is not in: writing that one would wait for it. */
    register int32_t got __asm__("t6");
    __asm__ volatile("lb %0, 0(%1)" : "=r"(got) : "r"(&to[bytes - 1]) : "memory");
    if (got != (int8_t)(i + bytes - 1)) stale += 1;
  }
  uart_printf("%u of %u stale\n", (unsigned)stale, COUNT);
  return stale == 0 ? 0 : 1;
}
