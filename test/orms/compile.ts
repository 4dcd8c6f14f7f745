import { join } from 'node:path'
import ts from 'typescript'

// Of a library and of TypeScript's own, which are the same for every program.
const parsed = new Map<string, ts.SourceFile>()

/** Errors of files that are not on the disk, as if they stood in this folder. */
export function diagnosticsOf(files: Readonly<Record<string, string>>): readonly string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts'],
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
  }
  const host = ts.createCompilerHost(options)
  const texts = new Map(Object.entries(files).map(([name, text]) => [join(import.meta.dirname, 'virtual', name), text]))
  const { fileExists, readFile: read, getSourceFile } = host
  host.fileExists = (path) => texts.has(path) || fileExists.call(host, path)
  const { directoryExists } = host
  host.directoryExists = (path) => path.endsWith('virtual') || directoryExists!.call(host, path)
  host.readFile = (path) => texts.get(path) ?? read.call(host, path)
  host.getSourceFile = (path, target, ...rest) => {
    const text = texts.get(path)
    if (text !== undefined) return ts.createSourceFile(path, text, target)
    const known = parsed.get(path) ?? getSourceFile.call(host, path, target, ...rest)
    if (known !== undefined) parsed.set(path, known)
    return known
  }
  const program = ts.createProgram([...texts.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file === undefined ? '' : `${file.fileName.split('/').at(-1)}:${file.getLineAndCharacterOfPosition(start ?? 0).line + 1} `
    return `${line}${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}
