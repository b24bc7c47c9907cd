import type { Linter } from 'eslint';

export declare const restrictions: Readonly<Record<'everywhere' | 'inPasses' | 'inTests', Linter.RuleEntry>>;
