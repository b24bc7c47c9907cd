/** Configurations as files: the presets that come with Systole, and what a user names. Must not know what is in them. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readInputText } from '../../gen/files/input.ts';
import type { InputKind } from '../../gen/files/input.ts';
import { parseConfig } from './config.ts';
import type { ChipConfig } from './config.ts';

const PRESET_DIR = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'configs');

/** Names of the configurations that come with Systole. */
export function presetNames(): string[] {
  return readdirSync(PRESET_DIR).filter((f) => f.endsWith('.toml')).map((f) => f.slice(0, -'.toml'.length)).sort();
}

/** A configuration file before it is read; one by hand has some thousand bytes. */
export function configFile(): InputKind {
  return { wanted: `give a TOML file or one of the presets ${presetNames().join(', ')}`, mostBytes: 2 ** 20 };
}

/** Reads a configuration file, or the preset of that name. Throws UserError. */
export function loadConfig(path: string): ChipConfig {
  const preset = join(PRESET_DIR, `${path}.toml`);
  const isPreset = /^[\w-]+$/.test(path) && !existsSync(path) && existsSync(preset);
  const file = isPreset ? relative(process.cwd(), preset) : path;
  return parseConfig(readInputText(isPreset ? preset : path, configFile()), file);
}
