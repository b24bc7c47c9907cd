/* Length of a string of 1000 characters, byte by byte. */
#include "bench.h"

#define LENGTH 1000

static char text[LENGTH + 1];
static size_t result;

void prepare(void)
{
  for (int i = 0; i < LENGTH; i++) text[i] = (char)('a' + i % 26);
  text[LENGTH] = 0;
  result = 0;
}

void kernel(void)
{
  const char *end = text;
  while (*end != 0) end++;
  result = (size_t)(end - text);
}

int is_right(void)
{
  return result == LENGTH;
}
