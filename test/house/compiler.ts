import { join } from 'node:path'
import ts from 'typescript'
import { ROOT } from './sources.js'

/** The compiler's options of the published sources, without their outputs. */
export function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT)
  return { ...options, noEmit: true, composite: false, incremental: false, declaration: false }
}

/** A program over files of the checkout and over texts that stand in for files which are not there. */
export function programOf(paths: readonly string[], texts: Readonly<Record<string, string>> = {}): ts.Program {
  const options = compilerOptions()
  const host = ts.createCompilerHost(options, true)
  const virtual = new Map(Object.entries(texts).map(([path, text]) => [join(ROOT, path), text]))
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (path) => virtual.has(path) || fileExists(path)
  host.readFile = (path) => virtual.get(path) ?? readFile(path)
  host.getSourceFile = (path, language, ...rest) => {
    const text = virtual.get(path)
    return text === undefined ? getSourceFile(path, language, ...rest) : ts.createSourceFile(path, text, language, true)
  }
  return ts.createProgram({ rootNames: [...paths, ...Object.keys(texts)].map((path) => join(ROOT, path)), options, host })
}

/** A program that knows which names there are, and nothing of packages: enough for listing exports, and several times faster. */
export function namesProgramOf(paths: readonly string[]): ts.Program {
  const options: ts.CompilerOptions = { ...compilerOptions(), noLib: true, types: [] }
  const host = ts.createCompilerHost(options, true)
  host.resolveModuleNameLiterals = (literals, from, redirected) =>
    literals.map(({ text }) =>
      text.startsWith('.') ? ts.resolveModuleName(text, from, options, host, undefined, redirected) : { resolvedModule: undefined },
    )
  return ts.createProgram({ rootNames: paths.map((path) => join(ROOT, path)), options, host })
}
