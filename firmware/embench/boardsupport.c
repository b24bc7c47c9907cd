/* Embench on a Systole chip: what the suite asks a board to define. The suite itself is not part of Systole. */
#include "support.h"

#include <stdint.h>

/* The bench notes every store to it with its clock cycle. Not zero, so that clearing .bss leaves no mark. */
volatile uint32_t mark = 1;

void initialise_board(void)
{
}

void start_trigger(void)
{
  mark = 0;
}

void stop_trigger(void)
{
  mark = 1;
}
