/**
 * Arithmetic on widths in the static types. Literal widths up to 256 are computed exactly; beyond, or when a width is only
 * known at elaboration, the type is `number` and the check happens there (tuple arithmetic explodes near 1000).
 */
type Tuple<N extends number, A extends 0[] = []> = A['length'] extends N ? A : Tuple<N, [...A, 0]>;
type Enumerate<N extends number, A extends number[] = []> = A['length'] extends N ? A[number] : Enumerate<N, [...A, A['length']]>;
type Small = Enumerate<257>;

/** `A + B`, or `number`. */
export type Add<A extends number, B extends number> = number extends A | B
  ? number
  : A extends Small
    ? B extends Small
      ? [...Tuple<A>, ...Tuple<B>]['length'] extends infer L extends number
          ? L
          : number
      : number
    : number;

/** The larger of two widths, or `number`. */
export type Max<A extends number, B extends number> = number extends A | B
  ? number
  : A extends Small
    ? B extends Small
      ? Tuple<A> extends [...Tuple<B>, ...0[]]
        ? A
        : B
      : number
    : number;

/** Bits from `L` up to and with `H`, or `number`. */
export type Span<H extends number, L extends number> = number extends H | L
  ? number
  : H extends Small
    ? L extends Small
      ? [...Tuple<H>, 0] extends [...Tuple<L>, ...infer R extends [0, ...0[]]]
          ? R['length']
          : number
      : number
    : number;
