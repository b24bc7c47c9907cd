/** What no file may write, as selectors with the mend: for everywhere, for hardware, for what works on designs, and for tests. */

const EVERYWHERE = [{ selector: 'ExportDefaultDeclaration', message: 'export by name' }];

/** What is true or false says so in its shape, not where it is used. */
const IN_HARDWARE = [
  { selector: 'CallExpression[callee.name="U"][arguments.length=2][arguments.0.value=1]', message: 'a register of one bit that is true or false is Flag(false)' },
  { selector: 'MemberExpression[property.name="asBool"]', message: 'declare it as B or Flag(…), or take bit(0)' },
];

const USE_HELPER = 'use checkProperty of test/support/property.ts: it gives every property a seed and an end';

/** fast-check's own entries shrink without end; a property that is asserted there can hang a run. */
const IN_TESTS = [
  { selector: 'MemberExpression[object.name="fc"][property.name=/^(assert|check|configureGlobal|sample|statistics)$/]', message: USE_HELPER },
  { selector: 'ImportDeclaration[source.value="fast-check"] ImportSpecifier[imported.name=/^(assert|check|configureGlobal|sample|statistics)$/]', message: USE_HELPER },
  { selector: 'ImportDeclaration[source.value="fast-check"] ImportDefaultSpecifier[local.name!="fc"]', message: 'call it fc, so that rules know it' },
  { selector: 'ImportDeclaration[source.value="fast-check"] ImportNamespaceSpecifier', message: 'import fc, so that rules know it' },
];

const ONE_BY_ONE = 'arguments are few, lists may be long: use pushAll or largestOf of gen/collections.ts, or hand the list over as one argument';

/** What a design's size decides may be longer than JavaScript's stack, on which arguments lie. */
const IN_PASSES = [
  { selector: 'CallExpression[callee.property.name=/^(push|unshift|splice|concat|max|min)$/] > SpreadElement', message: ONE_BY_ONE },
  { selector: 'CallExpression > SpreadElement[argument.type!="Identifier"]', message: ONE_BY_ONE },
];

export const restrictions = {
  everywhere: ['error', ...EVERYWHERE],
  inHardware: ['error', ...EVERYWHERE, ...IN_HARDWARE],
  inPasses: ['error', ...EVERYWHERE, ...IN_PASSES],
  inTests: ['error', ...EVERYWHERE, ...IN_TESTS],
};
