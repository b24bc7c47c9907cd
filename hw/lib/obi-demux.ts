/**
 * Shares the core's data bus (OBI) among subordinates by address; an address that belongs to nobody is answered with an
 * error. One request is under way at a time, so responses stay in order. Must not know what the subordinates are.
 */
import { Flag, U, bool, flip, hw, indexWidth } from '../../gen/index.ts';
import type { Bool, Inside, ModuleDef, Outside } from '../../gen/index.ts';
import { anyOf, select } from './arbiter.ts';
import { constant } from './constants.ts';
import { ObiData } from './obi.ts';
import { assertStays } from './stream-rules.ts';

/** Part of the address space: `bytes` is a power of two and `base` a multiple of it. */
export interface Window {
  readonly base: number;
  readonly bytes: number;
}

export const obiDemuxPorts = <N extends string>(windows: Readonly<Record<N, Window>>) => ({
  manager: flip(ObiData),
  subordinates: Object.fromEntries(Object.keys(windows).map((name) => [name, ObiData])) as Readonly<Record<N, typeof ObiData>>,
});

export function ObiDemux<const N extends string>(windows: Readonly<Record<N, Window>>): ModuleDef<ReturnType<typeof obiDemuxPorts<N>>> {
  const names = Object.keys(windows) as N[];
  return hw('ObiDemux', obiDemuxPorts(windows), (m, io) => {
    m.doc(`Data bus to ${names.join(', ')} by address.`);
    // The names are generic: TypeScript cannot see through them to the views.
    const view = io as unknown as { manager: Outside<typeof ObiData>; subordinates: Readonly<Record<N, Inside<typeof ObiData>>> };
    const { manager } = view;
    const subordinates = names.map((n) => view.subordinates[n]);
    /** Who answers next; the number after the last subordinate: nobody, an error. */
    const targetBits = indexWidth(names.length + 1);
    const targets = [...names, 'nobody'].map((name, i) => constant<number>(targetBits, i, 'target', name));
    const r = m.regs({ busy: Flag(false), target: U(targetBits) });

    const isIn = (name: N): Bool => {
      const low = Math.log2(windows[name].bytes);
      return manager.addr.slice(31, low).eq(constant(32 - low, Math.floor(windows[name].base / windows[name].bytes), name, 'page'));
    };
    const mine = names.map((n) => m.let({ [`is${n[0].toUpperCase()}${n.slice(1)}`]: isIn(n) }))
      .map((named) => Object.values(named)[0]);
    const isNobody = anyOf(mine).not();

    const responses = subordinates.map((s) => s.rvalid);
    const responds = m.let({ responds: r.busy.and(select(r.target, [...responses, bool(true)], targets).named('targetResponds')) }).responds;
    const asks = m.let({ asks: manager.req.and(r.busy.not().or(responds)) }).asks;
    for (const [i, s] of subordinates.entries()) {
      s.req = asks.and(mine[i]);
      m.link(manager, s, ['addr', 'we', 'be', 'wdata']);
    }
    const grants = subordinates.map((s, i) => mine[i].and(s.gnt));
    manager.gnt = m.let({ granted: asks.and(anyOf([isNobody, ...grants])) }).granted;
    m.when(manager.gnt.or(responds), () => {
      r.busy = manager.gnt;
    });
    m.when(manager.gnt, () => {
      r.target = mine.reduceRight((rest, is, i) => is.mux(targets[i], rest), targets[names.length]);
    });
    manager.rvalid = responds;
    manager.rdata = select(r.target, subordinates.map((s) => s.rdata), targets);
    manager.err = select(r.target, [...subordinates.map((s) => s.err), bool(true)], targets);

    for (const [i, n] of names.entries()) {
      m.assert(`${n}Expected`, responses[i].not().or(r.busy.and(r.target.eq(targets[i]))), `a response of ${n} without a request`);
    }
    assertStays(m, 'request', manager.req, manager.gnt);
  });
}
