/** Performance counters: one 32-bit counter an event, in the order of the instruction set's counter table. */
import { B, In, Out, U, hw } from '../../gen/index.ts';
import type { ModuleDef, UInt } from '../../gen/index.ts';
import { TENSOR_COUNTERS } from '../isa/tensor.ts';
import type { TensorCounter } from '../isa/tensor.ts';
import { constant } from '../lib/constants.ts';
import type { TensorParams } from './params.ts';

/** Events of a cycle by counter; `cycles` counts itself. */
export type CounterEvent = Exclude<TensorCounter, 'cycles'>;
export const COUNTER_EVENTS = TENSOR_COUNTERS.map((c) => c.name).filter((n): n is CounterEvent => n !== 'cycles');
const BEAT_COUNTERS: readonly TensorCounter[] = ['loadBytes', 'storeBytes'];

export const counterPorts = {
  events: {
    meshRows: In(B), meshWaitWeights: In(B), meshWaitHazard: In(B), scratchpadConflict: In(B),
    loadBusy: In(B), loadWaitMemory: In(B), vectorBusy: In(B), storeBusy: In(B), dispatchStall: In(B), loadBytes: In(B), storeBytes: In(B),
  } satisfies Record<CounterEvent, unknown>,
  index: In(U(4)),
  value: Out(U(32)),
};

export function Counters(p: TensorParams): ModuleDef<typeof counterPorts> {
  return hw('Counters', counterPorts, (m, io) => {
    m.doc('Counts cycles of each kind since reset.');
    if (!p.counters) {
      io.value = U(32).lit(0);
      return;
    }
    const values = TENSOR_COUNTERS.map(({ name }): UInt => {
      const r = m.regs({ [name]: U(32, 0) });
      const step = BEAT_COUNTERS.includes(name) ? p.busBytes : 1;
      if (name === 'cycles') r[name] = r[name].addWrap(1);
      else {
        m.when(io.events[name], () => {
          r[name] = r[name].addWrap(step);
        });
      }
      return r[name];
    });
    io.value = values.reduce<UInt>((rest, v, i) => io.index.eq(constant(4, i, 'counter', TENSOR_COUNTERS[i].name)).mux(v, rest), U(32).lit(0)).exact(32);
  });
}
