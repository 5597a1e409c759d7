import { defineConfig, type Options } from 'tsup'

/** How every package is bundled: one ESM file an entry point; the compiler emits the declarations. */
export function preset(options: Options = {}): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry: ['src/index.ts'],
    format: ['esm'],
    target: 'node22',
    platform: 'node',
    sourcemap: true,
    clean: true,
    dts: false,
    ...options,
  })
}
