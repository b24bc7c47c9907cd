/** What no file may write, as selectors with the mend: for everywhere, and for tests. */

const EVERYWHERE = [{ selector: 'ExportDefaultDeclaration', message: 'export by name' }];

const USE_HELPER = 'use checkProperty of test/support/property.ts: it gives every property a seed and an end';

/** fast-check's own entries shrink without end; a property that is asserted there can hang a run. */
const IN_TESTS = [
  { selector: 'MemberExpression[object.name="fc"][property.name=/^(assert|check|configureGlobal|sample|statistics)$/]', message: USE_HELPER },
  { selector: 'ImportDeclaration[source.value="fast-check"] ImportSpecifier[imported.name=/^(assert|check|configureGlobal|sample|statistics)$/]', message: USE_HELPER },
  { selector: 'ImportDeclaration[source.value="fast-check"] ImportDefaultSpecifier[local.name!="fc"]', message: 'call it fc, so that rules know it' },
  { selector: 'ImportDeclaration[source.value="fast-check"] ImportNamespaceSpecifier', message: 'import fc, so that rules know it' },
];

export const restrictions = { everywhere: ['error', ...EVERYWHERE], inTests: ['error', ...EVERYWHERE, ...IN_TESTS] };
