import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { svelteTesting } from '@testing-library/svelte/vite';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const platform = process.env.VITE_PLATFORM ?? (process.env.VITEST ? 'memory' : 'tauri');

export default defineConfig({
  base: './',
  plugins: [tailwindcss(), svelte(), svelteTesting()],
  resolve: { alias: { $lib: fileURLToPath(new URL('./src/lib', import.meta.url)) } },
  define: { 'import.meta.env.VITE_PLATFORM': JSON.stringify(platform) },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'safari16',
    // A data: URL for a font would need a wider content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    // axe takes seconds per screen in jsdom on a busy machine.
    testTimeout: 30_000,
    isolate: false,
    setupFiles: ['src/test/setup.ts'],
  },
});
