/**
 * ESLint rule `systole/no-signal-operators`: JavaScript's own tests and comparisons on hardware values.
 *
 * A signal is an object, so `cond ? a : b`, `a && b`, `!a`, `a === b`, `if (a)` all compile, and all answer at elaboration, once,
 * instead of in the circuit: the condition is simply true. (`a + b`, `a < b` and templates throw at run time; these cannot.)
 * The rule asks the type checker: hardware values are the classes of `gen/lang` (value, scalars, aggregates), and records of them.
 *
 * What stays allowed: asking whether an optional signal was given (`enable?: Bool` … `if (enable)`, `x === undefined`), and
 * telling a constant from a signal (`hit: Bool | boolean` … `hit === true`).
 */
import { ESLintUtils } from '@typescript-eslint/utils';
import ts from 'typescript';

const VALUES_FILE = /[/\\]gen[/\\]lang[/\\](value|scalars|aggregates)\.ts$/;
const CLASSES = new Set(['Value', 'Bool', 'UInt', 'SInt', 'Enum', 'Vec', 'Bits']);
const NOTHING = ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Void;
const PRIMITIVE = ts.TypeFlags.BooleanLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BigIntLike | ts.TypeFlags.StringLike;
const UNKNOWABLE = ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.Never;

const MEND = {
  '?:': 'cond.mux(a, b)',
  '&&': 'a.and(b)',
  '||': 'a.or(b)',
  '!': 'a.not()',
  '===': 'a.eq(b)',
  '==': 'a.eq(b)',
  '!==': 'a.ne(b)',
  '!=': 'a.ne(b)',
  if: 'm.when(cond, () => { … })',
  loop: 'a loop over numbers; a signal has no value while the circuit is described',
  switch: 'm.switch(state, { … }) or m.switchOn(number, [ … ])',
};

/** @param {ts.Type} type @param {ts.TypeChecker} checker @returns {string | undefined} what to call it in the message */
function hardwareName(type, checker, depth = 0) {
  if (type.flags & UNKNOWABLE) return undefined;
  if (type.isUnion()) {
    for (const part of type.types) {
      const name = hardwareName(part, checker, depth);
      if (name) return name;
    }
    return undefined;
  }
  const constraint = type.flags & ts.TypeFlags.TypeParameter ? checker.getBaseConstraintOfType(type) : undefined;
  if (constraint && constraint !== type) return hardwareName(constraint, checker, depth);
  const symbol = type.getSymbol();
  if (symbol && CLASSES.has(symbol.name) && symbol.declarations?.some((d) => VALUES_FILE.test(d.getSourceFile().fileName))) {
    return checker.typeToString(type);
  }
  return depth < 2 && isRecordOfHardware(type, checker, depth) ? 'a bundle' : undefined;
}

/** A plain record, every property of which is a hardware value. */
function isRecordOfHardware(type, checker, depth) {
  if (!(type.flags & ts.TypeFlags.Object) || type.isClass() || type.getCallSignatures().length > 0) return false;
  const properties = type.getProperties();
  if (properties.length === 0 || properties.length > 64) return false;
  return properties.every((p) => {
    const t = checker.getTypeOfSymbol(p);
    return !canBeNothing(t) && hardwareName(t, checker, depth + 1) !== undefined;
  });
}

function canBeNothing(type) {
  return type.isUnion() ? type.types.some(canBeNothing) : (type.flags & NOTHING) !== 0;
}

/** A constant compared with what may be a constant or a signal. */
function tellsConstant(constant, either) {
  const isPrimitive = (t) => (t.flags & PRIMITIVE) !== 0;
  return isPrimitive(constant) && either.isUnion() && either.types.some(isPrimitive);
}

/** @type {import('eslint').Rule.RuleModule} */
export const noSignalOperators = {
  meta: {
    type: 'problem',
    docs: { description: 'forbid JavaScript tests and comparisons of hardware values' },
    schema: [],
    messages: { signal: '{{what}} in `{{operator}}` is decided once, while the circuit is described; use {{mend}}' },
  },
  create(context) {
    const services = ESLintUtils.getParserServices(context);
    const checker = services.program.getTypeChecker();
    const reported = new Set();

    const report = (node, operator, name) => {
      if (reported.has(node)) return;
      reported.add(node);
      const mend = MEND[operator === 'while' || operator === 'do' || operator === 'for' ? 'loop' : operator];
      context.report({ node, messageId: 'signal', data: { what: name, operator, mend } });
    };
    /** Something whose truth JavaScript asks for. A value that may be absent is asked whether it is there. */
    const test = (node, operator) => {
      if (node.type === 'LogicalExpression' && node.operator !== '??') {
        test(node.left, node.operator);
        test(node.right, operator);
        return;
      }
      const type = services.getTypeAtLocation(node);
      const name = canBeNothing(type) ? undefined : hardwareName(type, checker);
      if (name) report(node, operator, name);
    };

    return {
      ConditionalExpression: (node) => test(node.test, '?:'),
      IfStatement: (node) => test(node.test, 'if'),
      WhileStatement: (node) => test(node.test, 'while'),
      DoWhileStatement: (node) => test(node.test, 'do'),
      ForStatement: (node) => node.test && test(node.test, 'for'),
      LogicalExpression: (node) => node.operator !== '??' && test(node.left, node.operator),
      'UnaryExpression[operator="!"]': (node) => test(node.argument, '!'),
      SwitchStatement(node) {
        const name = hardwareName(services.getTypeAtLocation(node.discriminant), checker);
        if (name) report(node.discriminant, 'switch', name);
      },
      BinaryExpression(node) {
        if (!['===', '!==', '==', '!='].includes(node.operator)) return;
        const [left, right] = [node.left, node.right].map((n) => services.getTypeAtLocation(n));
        if ((left.flags | right.flags) & NOTHING || tellsConstant(left, right) || tellsConstant(right, left)) return;
        const name = hardwareName(left, checker) ?? hardwareName(right, checker);
        if (name) report(node, node.operator, name);
      },
    };
  },
};

/** The plugin, for `eslint.config.js`. */
export const systole = { meta: { name: 'systole' }, rules: { 'no-signal-operators': noSignalOperators } };
