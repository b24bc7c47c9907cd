import type { ESLint, Rule } from 'eslint';

export declare const noSignalOperators: Rule.RuleModule;
export declare const systole: ESLint.Plugin;
