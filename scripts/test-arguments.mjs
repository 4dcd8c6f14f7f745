import { readdirSync } from 'node:fs'
import { inRoot } from './paths.mjs'

/**
 * Turns `npm test -- <path or name>` into vitest's arguments: a word that occurs in the path of a test file selects files, any other word
 * selects tests by name. Options pass through. `selective` tells that tests are selected by name.
 */
export function vitestArguments(words) {
  const files = testFiles()
  const args = []
  const names = []
  words.forEach((word, index) => {
    const isValueOfOption = index > 0 && /^-(-[^=]+|t)$/.test(words[index - 1])
    if (word.startsWith('-') || isValueOfOption || files.some((file) => file.includes(word.replace(/^\.\//, '')))) args.push(word)
    else names.push(word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  })
  if (names.length > 0) args.push('-t', names.join('|'))
  return { args, selective: args.some((word) => /^(-t|--testNamePattern)/.test(word)) }
}

const testFiles = () => ['src', 'test', 'examples', 'console/src'].flatMap(testFilesIn)

function testFilesIn(folder) {
  return readdirSync(inRoot(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : testFilesIn(path)
    return path.endsWith('.test.ts') ? [path] : []
  })
}
