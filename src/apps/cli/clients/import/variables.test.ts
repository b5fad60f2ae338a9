import { expect } from 'vitest'

import { verifies } from '../../../../../test/requirements/verifies.ts'
import type { VariableForm } from '../client.ts'
import { takeVariables } from './variables.ts'
import type { Surroundings } from './variables.ts'

function taken(text: string, reads: readonly VariableForm[] = [], workspace?: string) {
  const surroundings: Surroundings = {
    reads,
    home: '/home/ann',
    workspace,
    resolve: (path) => `/base/${path}`,
  }
  return takeVariables(text, surroundings)
}

verifies('clients:import:variables', 'the three common forms are read from every file', () => {
  expect(taken('${A}-${B:-x}-${env:C}')).toEqual({
    text: '${env:A}-${B:-x}-${env:C}',
    needs: ['A', 'C'],
  })
})

verifies(
  'clients:import:variables',
  'other forms are read only from files of programs that have them',
  () => {
    const text = '$A {env:B} {file:k}'

    expect(taken(text)).toEqual({ text, needs: [] })
    expect(taken(text, ['bare']).text).toBe('${env:A} {env:B} {file:k}')
    expect(taken(text, ['braces']).text).toBe('$A ${env:B} ${file:/base/k}')
    expect(taken('{file:~/k}', ['braces']).text).toBe('${file:/home/ann/k}')
    expect(taken('${file:k}').problem).toContain('${file:k}')
    expect(taken('${file:k}', ['file']).text).toBe('${file:/base/k}')
  },
)

verifies(
  'clients:import:variables',
  'a question becomes a variable, a folder is put in where it is known',
  () => {
    expect(taken('${input:github-token}')).toEqual({
      text: '${env:GITHUB_TOKEN}',
      needs: ['GITHUB_TOKEN'],
    })
    expect(taken('${workspaceFolder}/a', [], '/shop').text).toBe('/shop/a')
    expect(taken('${workspaceFolder}/a').problem).toContain('--root FOLDER')
    expect(taken('${userHome}${/}x').text).toBe('/home/ann/x')
  },
)

verifies('clients:import:variables', 'what is no variable stays the text that it is', () => {
  expect(taken('a$b {x} $5 ${')).toEqual({ text: 'a$b {x} $5 $${', needs: [] })
  expect(taken('$${A}').text).toBe('$${A}')
  expect(taken('${command:pick}').problem).toContain('${command:pick}')
})
