/* A state machine over text: counts words, whole numbers, numbers with a point, and what is none of them. */
#include "bench.h"

#define TIMES 8

enum state { BETWEEN, WORD, WHOLE, POINT, OTHER };

static const char piece[] = "core 128 3.25 x7 -12 +0.5 9.9.9 systole 4096, row 17 1e5 .75 end ";
/* In one piece: core x7 systole row end | 128 -12 17 | 3.25 +0.5 .75 | 9.9.9 4096, 1e5 */
static const uint32_t expected[] = {5, 3, 3, 3};

static char text[TIMES * (sizeof piece - 1) + 1];
static uint32_t counts[4];

void prepare(void)
{
  char *end = text;
  for (int i = 0; i < TIMES; i++) {
    for (const char *c = piece; *c != 0; c++) *end++ = *c;
  }
  *end = 0;
  for (int i = 0; i < 4; i++) counts[i] = 0;
}

static enum state after(enum state state, char c)
{
  const int is_digit = c >= '0' && c <= '9';
  switch (state) {
    case BETWEEN:
      if (is_digit || c == '-' || c == '+') return WHOLE;
      if (c == '.') return POINT;
      return c >= 'a' && c <= 'z' ? WORD : OTHER;
    case WORD: return is_digit || (c >= 'a' && c <= 'z') ? WORD : OTHER;
    case WHOLE: return is_digit ? WHOLE : c == '.' ? POINT : OTHER;
    case POINT: return is_digit ? POINT : OTHER;
    default: return OTHER;
  }
}

void kernel(void)
{
  enum state state = BETWEEN;
  for (const char *c = text; *c != 0; c++) {
    if (*c != ' ') {
      state = after(state, *c);
      continue;
    }
    if (state != BETWEEN) counts[state - WORD]++;
    state = BETWEEN;
  }
}

int is_right(void)
{
  for (int i = 0; i < 4; i++) {
    if (counts[i] != TIMES * expected[i]) return 0;
  }
  return 1;
}
