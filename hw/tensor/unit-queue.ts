/**
 * The commands of one unit of the tensor unit, from acceptance to completion. Entry 0 is the oldest. A command starts when
 * all before it have started and the commands of other units that it conflicts with are complete, or the last of them is one that it
 * follows row by row.
 */
import { B, In, Out, Sink, Source, U, bool, hw, named, valueOf, vec, vecOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, Shape, UInt, Vec } from '../../gen/index.ts';
import { UNITS, WAITS, heldBits, useNames, usedBlocks, usesOfUnit, waitsFor } from './hazards.ts';
import type { Unit } from './hazards.ts';
import { withOnly } from '../lib/with-only.ts';
import type { TensorParams } from './params.ts';

export const unitQueuePorts = <V>(p: TensorParams, payload: Shape<V>) => {
  const { rS, lS, wS, acc, ch, tab } = usedBlocks(p);
  const waits = () => In(U(heldBits(p)));
  return {
    enter: Sink(payload),
    blocks: withOnly({ rS: In(rS), lS: In(lS), wS: In(wS), acc: In(acc), ch: In(ch), tab: In(tab) }, { tab: p.table }),
    /** For each other unit: how many of its commands, from its oldest on, the entering command must see complete. */
    complete: { load: waits(), mesh: waits(), vector: waits(), store: waits() },
    /** The same, where it may follow the last of them while that runs. */
    follow: { load: waits(), mesh: waits(), vector: waits(), store: waits() },
    /** The same, for what it reads late. */
    followLate: { load: waits(), mesh: waits(), vector: waits(), store: waits() },
    /** Whose oldest command can be followed, in the order of `UNITS`. */
    followable: In(vec(B, UNITS.length)),
    /** Completions of this cycle, in the order of `UNITS`. */
    dones: In(vec(B, UNITS.length)),
    start: Source(payload),
    held: Out(U(heldBits(p))),
    /** What the command that started last reads late can be followed. */
    lateIsThere: Out(B),
    /** A command is there that waits for another unit. */
    blocked: Out(B),
    /** Blocks of each entry. */
    entries: withOnly({
      rS: Out(vec(rS, p.queueDepth)), lS: Out(vec(lS, p.queueDepth)), wS: Out(vec(wS, p.queueDepth)),
      acc: Out(vec(acc, p.queueDepth)), ch: Out(vec(ch, p.queueDepth)), tab: Out(vec(tab, p.queueDepth)),
    }, { tab: p.table }),
  };
};

export function UnitQueue<V>(unit: Unit, p: TensorParams, payload: Shape<V>): ModuleDef<ReturnType<typeof unitQueuePorts<V>>> {
  const depth = p.queueDepth;
  const countBits = heldBits(p);
  const shapes = usedBlocks(p);
  const name = `${unit[0].toUpperCase()}${unit.slice(1)}Queue`;
  return hw(name, unitQueuePorts(p, payload), (m, io) => {
    m.doc(`Commands of the ${unit} unit, oldest first, and what each still waits for.`);
    const r = m.regs({ count: U(countBits, 0), started: U(countBits, 0), commands: vec(payload, depth) });
    const blocks = m.regs(Object.fromEntries(usesOfUnit(unit, p).map((use) => [use, vec(shapes[use], depth)])));
    /** What an entry counts down: completions of another unit. */
    const counted = WAITS.flatMap((wait) => waitsFor(unit, wait, p).map((other) => ({
      wait, given: io[wait][other], done: io.dones.at(UNITS.indexOf(other)), followable: io.followable.at(UNITS.indexOf(other)),
      key: `${other}${({ complete: 'Wait', follow: 'Follow', followLate: 'Late' } as const)[wait]}`,
    })));
    const waits = m.regs(Object.fromEntries(counted.map(({ key }) => [key, vec(U(countBits), depth)])));

    const done = io.dones.at(UNITS.indexOf(unit));
    const one = (b: Bool): UInt => b.asUInt().zext(countBits);
    io.enter.ready = r.count.ne(depth);
    io.held = r.count;
    r.count = r.count.addWrap(one(io.enter.fire)).subWrap(one(done));
    r.started = r.started.addWrap(one(io.start.fire)).subWrap(one(done));

    /** Of one value an entry, that of the next entry to start. */
    const next = <T>(items: readonly T[]): T => items.reduceRight((chosen, item, i) => r.started.eq(i).mux(item, chosen));
    /** That of the entry that started last. */
    const newest = <T>(items: readonly T[]): T => items.reduceRight((chosen, item, i) => r.started.eq(i + 1).mux(item, chosen));
    const { pendingStart } = m.let({ pendingStart: r.started.lt(r.count) });
    const canFollow = (left: UInt, followable: Bool): Bool => left.eq(0).or(left.eq(1).and(followable));
    const clear = counted.filter(({ wait }) => wait !== 'followLate').map(({ key, wait, followable }) => {
      const left = next(waits[key].toArray()).named(`${key}OfNext`);
      return wait === 'complete' ? left.eq(0) : canFollow(left, followable);
    });
    const { free } = m.let({ free: clear.reduce((a, b) => a.and(b)) });
    io.lateIsThere = counted.filter(({ wait }) => wait === 'followLate')
      .map(({ key, followable }) => canFollow(newest(waits[key].toArray()).named(`${key}OfNewest`), followable))
      .reduce((a, b) => a.and(b), bool(true));
    io.start.valid = pendingStart.and(free);
    io.start.bits = named('nextCommand', next(r.commands.toArray()));
    io.blocked = pendingStart.and(free.not());

    // Everything moves down by one when the oldest is done; a new command enters behind the last.
    const { entersAt } = m.let({ entersAt: r.count.subWrap(one(done)) });
    m.each(depth, (i) => {
      // Nothing stands above the last: it keeps what it has.
      const above = <T>(entries: Vec<T>): T => entries.near(i, 1, entries.at(depth - 1));
      const { enters } = m.let({ enters: io.enter.fire.and(entersAt.eq(i.zext(countBits))) });
      m.when(enters, () => {
        r.commands.put(i, io.enter.bits as V);
        for (const use of usesOfUnit(unit, p)) blocks[use].put(i, io.blocks[use]);
      }).elseWhen(done, () => {
        r.commands.put(i, above(r.commands));
        for (const use of usesOfUnit(unit, p)) blocks[use].put(i, above(blocks[use]));
      });
      for (const { key, given, done: otherDone } of counted) {
        const wait = waits[key];
        const less = (x: UInt): UInt => otherDone.and(x.ne(0)).mux(x.subWrap(1), x);
        wait.put(i, enters.mux(given, less(done.mux(above(wait), wait.at(i)).named(`${key}Next`))));
      }
    });

    for (const use of useNames(p)) {
      const none = valueOf(shapes[use], { used: false, first: 0, last: 0 });
      io.entries[use] = usesOfUnit(unit, p).includes(use) ? blocks[use] : vecOf(Array.from({ length: depth }, () => none));
    }
    m.assert('doneWasStarted', done.not().or(r.started.ne(0)), 'a unit completed a command that had not started');
    m.cover('full', r.count.eq(depth));
    m.cover('waits', io.blocked);
  });
}
