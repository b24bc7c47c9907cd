/** What is put side by side: concatenations, vectors, extensions. Must not know what the parts are, beyond places of names. */
import type { Expr } from '../../ir/expr.ts';
import type { Inner } from './inner.ts';
import { sideBySide } from './selection.ts';
import type { Selection } from './selection.ts';
import type { Selector } from './selector.ts';
import { readsSigned } from './signs.ts';

export class JoinPrinter {
  constructor(private readonly inner: Pick<Inner, 'isApart' | 'print'>, private readonly selector: Selector) {}

  /** Parts side by side, the most significant first. */
  concatenation(parts: readonly Expr[]): string {
    const flat = parts.flatMap((p) => this.joinedParts(p));
    const texts = this.partTexts(flat);
    // A part of a name has no sign; a name may have one, and an operation alone would be computed in the width around it.
    const place = texts.length === 1 ? this.selector.placeOfAll(flat) : undefined;
    const isPlain = place ? place.width < place.of || !flat.some(readsSigned) : texts.length === 1 && flat.length > 1;
    return isPlain ? texts[0] : `{${texts.join(', ')}}`;
  }

  vector(items: readonly Expr[]): string {
    if (items.length > 1 && items.every((i) => i === items[0] || (i.op === 'lit' && items[0].op === 'lit' && i.value === items[0].value))) {
      return `{${items.length}{${this.inner.print(items[0]).text}}}`;
    }
    return this.concatenation([...items].reverse());
  }

  extension(of: Expr, by: number): string {
    if (of.type.kind !== 'sint') return `{${by}'d0, ${this.partTexts(this.joinedParts(of)).join(', ')}}`;
    const whole = this.selector.selectOrName(of);
    const sign = this.selector.read({ ...whole, lo: whole.lo + whole.width - 1, width: 1, struct: false });
    return `{${by === 1 ? sign : `{${by}{${sign}}}`}, ${this.selector.read(whole)}}`;
  }

  /** What is joined, where that is no more than a part of something longer that is joined. */
  private joinedParts(e: Expr): readonly Expr[] {
    const isOpen = (x: Expr): boolean => x.note === undefined && !this.inner.isApart(x);
    let of = e;
    while (of.op === 'cast' && isOpen(of)) of = of.of;
    return of.op === 'cat' && isOpen(of) ? of.parts.flatMap((p) => this.joinedParts(p)) : [e];
  }

  /**
   * Text of each part of what is joined, the most significant first. Neighbours that are one and the same expression are written as a
   * repetition, neighbours that lie side by side in one name as one part of it.
   */
  private partTexts(parts: readonly Expr[]): string[] {
    const runs: { part: Expr; times: number; place: Selection | undefined }[] = [];
    for (const part of parts) {
      const last = runs.at(-1);
      const place = this.selector.placeOf(part);
      const both = last?.times === 1 && last.place && place ? sideBySide(last.place, place) : undefined;
      if (last && both) last.place = both;
      else if (last?.part === part && part.op !== 'lit') last.times++;
      else runs.push({ part, times: 1, place });
    }
    return runs.map(({ part, times, place }) => {
      const text = place ? this.selector.read(place) : this.inner.print(part).text;
      return times > 1 ? `{${times}{${text}}}` : text;
    });
  }
}
