/* Reverses a linked list of 100 nodes that lie scattered in memory, then adds up its values. */
#include "bench.h"

#define NODES 100
/* Prime to NODES: visits every node once. */
#define STRIDE 37

struct node {
  struct node *next;
  int32_t value;
};

static struct node nodes[NODES];
static struct node *head;
static int32_t sum;

void prepare(void)
{
  head = NULL;
  for (int i = 0; i < NODES; i++) {
    struct node *node = &nodes[i * STRIDE % NODES];
    node->value = i;
    node->next = head;
    head = node;
  }
  sum = 0;
}

void kernel(void)
{
  struct node *reversed = NULL;
  for (struct node *node = head; node != NULL;) {
    struct node *next = node->next;
    node->next = reversed;
    reversed = node;
    node = next;
  }
  head = reversed;
  int32_t total = 0;
  for (const struct node *node = reversed; node != NULL; node = node->next) total += node->value;
  sum = total;
}

int is_right(void)
{
  int32_t expected = 0;
  for (const struct node *node = head; node != NULL; node = node->next) {
    if (node->value != expected++) return 0;
  }
  return expected == NODES && sum == NODES * (NODES - 1) / 2;
}
