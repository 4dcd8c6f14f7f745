import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// `npm run dev -w console` beside a `tenantry serve`.
const SERVER = 'http://127.0.0.1:4100'

/**
 * The one script that the page waits for, so that nobody who wants it dark sees a flash of white. A policy without inline scripts asks for a file; Vite
 * only knows modules, which run after the page was painted.
 */
function themeBeforePaint(): Plugin {
  const source = here('src/shell/before-paint.js')
  let built: string | undefined
  return {
    name: 'theme-before-paint',
    buildStart() {
      if (this.meta.watchMode || this.environment.mode !== 'build') return
      built = this.emitFile({ type: 'asset', name: 'theme.js', source: readFileSync(source, 'utf8') })
    },
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle }) => {
        const file = Object.values(bundle ?? {}).find((one) => one.type === 'asset' && one.names.includes('theme.js'))
        const src = built === undefined || file === undefined ? '/src/shell/before-paint.js' : `/${file.fileName}`
        return [{ tag: 'script', attrs: { src }, injectTo: 'head-prepend' }]
      },
    },
  }
}

export default defineConfig({
  base: '/',
  root: here('.'),
  plugins: [react(), tailwind(), themeBeforePaint()],
  resolve: { alias: [{ find: /^tenantry\/api$/, replacement: here('../src/api.ts') }] },
  build: {
    outDir: here('../dist/console'),
    emptyOutDir: true,
    // A policy without data: addresses, and browsers that know light-dark().
    assetsInlineLimit: 0,
    target: ['chrome125', 'edge125', 'firefox128', 'safari17.5'],
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
  },
  server: { proxy: { '/v1': SERVER, '/openapi.json': SERVER, '/status': SERVER } },
})
