/** Resets of registers: as a whole if all of it is reset, else part by part; of what loops drive only what a block drives. */
import type { Lit } from '../ir/expr.ts';
import { countLeaves, leafRange, walkStatements } from '../ir/leaves.ts';
import type { PathElement, Signal, Statement } from '../ir/module.ts';
import { isScalar } from '../ir/types.ts';
import type { Type } from '../ir/types.ts';
import { drivenRanges } from '../passes/driven-places.ts';
import type { SvAssign } from '../verilog/form.ts';
import type { ExpressionPrinter } from './expressions.ts';

type Path = readonly PathElement[];

export class ResetPrinter {
  /** Registers that loops drive. */
  private readonly looped = new Set<Signal>();

  constructor(private readonly p: ExpressionPrinter, body: readonly Statement[]) {
    for (const loop of body) {
      if (loop.kind !== 'for') continue;
      walkStatements(loop.body, (s) => s.kind === 'assign' && this.looped.add(s.target));
    }
  }

  /** `body`: the statements that drive the register in the same block. */
  assignments(r: Signal, body: readonly Statement[]): SvAssign[] {
    return (this.looped.has(r) ? placesOf(r, body) : [[]]).flatMap((path) => this.place(r, path, true));
  }

  /** What no statement drives of the registers that loops drive: it keeps its reset value for ever. */
  rest(body: readonly Statement[]): SvAssign[] {
    if (this.looped.size === 0) return [];
    const driven = new Map([...this.looped].map((r) => [r, new Set<number>()]));
    walkStatements(body, (s) => {
      const leaves = s.kind === 'assign' ? driven.get(s.target) : undefined;
      if (!leaves || s.kind !== 'assign') return;
      for (const { start, end } of drivenRanges(s)) for (let leaf = start; leaf < end; leaf++) leaves.add(leaf);
    });
    return [...driven].flatMap(([r, leaves]) => {
      if (leaves.size === countLeaves(r.type)) return [];
      return leafPaths(r.type).filter((_, leaf) => !leaves.has(leaf)).flatMap((path) => this.place(r, path, false));
    });
  }

  private place(r: Signal, path: Path, isTop: boolean): SvAssign[] {
    const { type, leaves } = resetAt(r, path);
    if (leaves.every((l) => l === undefined)) return [];
    const to = (value: string): SvAssign[] => [{ kind: 'set', target: this.p.place(r, path).text, op: '<=', value }];
    if (isTop && !isScalar(type) && leaves.every((l) => l?.value === 0n)) return to(`'0`);
    if (isScalar(type) || leaves.every((l) => l !== undefined)) return to(this.whole(type, leaves, 0));
    const inner = type.kind === 'vec' ? Array.from({ length: type.length }, (_, index) => ({ index })) : type.fields.map((f) => ({ field: f.name }));
    return inner.flatMap((p) => this.place(r, [...path, p], false));
  }

  private whole(type: Type, leaves: readonly (Lit | undefined)[], from: number): string {
    if (isScalar(type)) return this.p.literal(type, leaves[from]?.value ?? 0n, leaves[from]?.hint);
    const parts: string[] = [];
    let at = from;
    for (const inner of type.kind === 'vec' ? Array.from({ length: type.length }, () => type.element) : type.fields.map((f) => f.type)) {
      parts.push(this.whole(inner, leaves, at));
      at += countLeaves(inner);
    }
    if (type.kind === 'vec' && parts.length > 1 && parts.every((p) => p === parts[0])) return `{${parts.length}{${parts[0]}}}`;
    return `{${(type.kind === 'vec' ? parts.reverse() : parts).join(', ')}}`;
  }
}

/** Paths of the leaves, in their order. */
function leafPaths(type: Type): Path[] {
  if (isScalar(type)) return [[]];
  if (type.kind === 'bundle') return type.fields.flatMap((f) => leafPaths(f.type).map((path) => [{ field: f.name }, ...path]));
  const inner = leafPaths(type.element);
  return Array.from({ length: type.length }, (_, index) => inner.map((path) => [{ index }, ...path])).flat();
}

const laneOf = (p: PathElement): boolean => 'index' in p && typeof p.index !== 'number' && p.index.op === 'lane';

/** The places that statements drive. */
function placesOf(r: Signal, body: readonly Statement[]): readonly Path[] {
  const paths = new Map<string, Path>();
  walkStatements(body, (s) => {
    if (s.kind !== 'assign' || s.target !== r) return;
    const dynamic = s.path.findIndex((p) => 'index' in p && typeof p.index !== 'number' && !laneOf(p));
    const path = dynamic < 0 ? s.path : s.path.slice(0, dynamic);
    paths.set(keyOf(path), path);
  });
  // A part of another place is reset with it.
  return [...paths.values()].filter((path) => !path.some((_, i) => paths.has(keyOf(path.slice(0, i)))));
}

function keyOf(path: Path): string {
  return path.map((p) => {
    if ('field' in p) return `.${p.field}`;
    const { index } = p;
    return typeof index === 'number' ? `[${index}]` : index.op === 'lane' ? `[${index.scale}i+${index.offset}]` : '';
  }).join('');
}

/** Type and reset values of a place: those of the first lane, because all lanes of a loop are reset alike. */
function resetAt(r: Signal, path: Path): { readonly type: Type; readonly leaves: readonly (Lit | undefined)[] } {
  const first = path.map((p) => (laneOf(p) ? { index: 0 } : p));
  const { start, end } = leafRange(r.type, first);
  let type = r.type;
  for (const p of first) {
    if ('index' in p && type.kind === 'vec') type = type.element;
    else if ('field' in p && type.kind === 'bundle') type = type.fields.find((f) => f.name === p.field)?.type ?? type;
  }
  return { type, leaves: (r.reset ?? []).slice(start, end) };
}
