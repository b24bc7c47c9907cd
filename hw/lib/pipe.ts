/** Register slices that cut combinational paths of a stream. Must not know what it carries. */
import type { ModuleDef, Shape } from '../../gen/index.ts';
import { Queue } from './queue.ts';
import type { queuePorts } from './queue.ts';

/**
 * One register on valid and bits: one cycle later, one entry a cycle, `ready` passes through. To cut `ready` as well, use a
 * queue of two.
 */
export function Pipe<V>(shape: Shape<V>): ModuleDef<ReturnType<typeof queuePorts<V>>> {
  return Queue(shape, 1, { pipe: true });
}
