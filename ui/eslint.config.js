import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const noTauri = {
  patterns: [
    { group: ['@tauri-apps/*'], message: 'Only src/lib/platform/tauri.ts talks to the host.' },
  ],
};

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/lib/bindings'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      'no-console': 'error',
      'no-undef': 'off',
      'max-lines': ['error', 500],
      'no-restricted-imports': ['error', noTauri],
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig },
    },
  },
  {
    files: ['src/lib/components/ui/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...noTauri.patterns,
            {
              group: ['**/features/**', '**/views/**', '**/bindings/**'],
              message: 'The kit knows no domain.',
            },
          ],
        },
      ],
    },
  },
  { files: ['src/lib/platform/tauri.ts'], rules: { 'no-restricted-imports': 'off' } },
);
