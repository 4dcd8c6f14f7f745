export { type LintConfig, type LintPlugin, plugin, recommended } from './lint/plugin.js'
