/**
 * The Verilator control file that keeps a design's state visible. A file of its own, not attributes in the emitted
 * SystemVerilog, so that what is simulated is what is shipped.
 */
import type { Design } from '../../gen/ir/module.ts';
import { DesignNames } from '../../gen/names/text-names.ts';
import { unreadConstants } from '../../gen/passes/carry-constants.ts';

/** A name as Verilator spells it before it reads the control file. */
function encoded(name: string): string {
  return name.replaceAll('__', '___05F');
}

/**
 * `public_flat_rd` for state although memories are also written: with `public_flat_rw` Verilator would recompute all logic
 * behind the variable at every evaluation; the wrapper settles the design after a write instead.
 */
export function controlFile(design: Design, observeWires: boolean): string {
  const lines = ['`verilator_config'];
  const all = new DesignNames(design);
  for (const printed of design.modules) {
    const module = printed.blackBox?.behaviour ?? printed;
    const given = all.of(module);
    const unread = unreadConstants(module);
    const names = [
      ...[...module.regs, ...module.memories].map((x) => given.of(x)),
      ...module.checks.filter((c) => c.kind === 'cover').map((c) => given.cover(c)),
      ...(observeWires ? module.wires.filter((s) => !unread.has(s)).map((s) => given.of(s)) : []),
      ...(observeWires && printed !== design.top ? module.ports.map((s) => s.name) : []),
    ];
    for (const name of names) lines.push(`public_flat_rd -module "${encoded(module.name)}" -var "${encoded(name)}"`);
  }
  return lines.join('\n') + '\n';
}
