import type { OpenApi } from '../../contract/rest/openapi.ts'
import { failures } from '../../contract/failure.ts'
import { isRecord } from '../../kit/is-record.ts'
import { titleOf } from './problem.ts'

type Json = Readonly<Record<string, unknown>>

/** The document as a page that people read: plain HTML, nothing that runs. */
export function printDocs(document: OpenApi): string {
  const operations = operationsIn(document)
  const tags = [...new Set(operations.map(({ tag }) => tag))]
  const { title, version, description } = record(document['info'])
  const sections = tags.map((tag) => section(tag, operations))
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} REST</title>
<link rel="stylesheet" href="/docs/style.css">
<main>
<h1>${escaped(title)} <small>${escaped(version)}</small></h1>
<p>${escaped(description)} Every address is under <code>/api</code> and under <code>/mcp</code>, but those that begin with <code>/v1</code>.
The same for programs: <a href="/openapi.json">/openapi.json</a>. Each tool as an address of its own:
<a href="/tools/openapi.json">/tools/openapi.json</a>.</p>
<nav>${tags.map((tag) => `<a href="#${escaped(tag)}">${escaped(tag)}</a>`).join(' ')}
<a href="#schemas">schemas</a> <a href="#failures">failures</a></nav>
${sections.join('\n')}
${schemaSection(document)}
${failureSection()}
</main>
</html>
`
}

interface Operation {
  readonly method: string
  readonly path: string
  readonly tag: string
  readonly told: Json
}

function operationsIn({ paths }: OpenApi): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const told = record(operation)
      const { url = '' } = record(list(told['servers'])[0])
      const shown = `${String(url)}${path}`
      return { method: method.toUpperCase(), path: shown, tag: String(list(told['tags'])[0]), told }
    }),
  )
}

function section(tag: string, operations: readonly Operation[]): string {
  const own = operations.filter((operation) => operation.tag === tag)
  return `<section id="${escaped(tag)}"><h2>${escaped(tag)}</h2>\n${own.map(printOperation).join('\n')}</section>`
}

function printOperation({ method, path, told }: Operation): string {
  const body = contentOf(told['requestBody'])
  return `<details id="${escaped(told['operationId'])}">
<summary><b>${method}</b> <code>${escaped(path)}</code> ${escaped(told['summary'])}</summary>
<p>${escaped(told['description'] ?? '')} Needs: <code>${escaped([told['x-scope']].flat().join(' or '))}</code>.</p>
${parameterTable(list(told['parameters']))}
${body === undefined ? '' : `<h4>Body</h4><pre>${json(body)}</pre>`}
${responses(record(told['responses']))}
</details>`
}

function parameterTable(parameters: readonly unknown[]): string {
  if (parameters.length === 0) return ''
  const rows = parameters
    .map(record)
    .map(
      ({ name, in: place, description = '', schema }) =>
        `<tr><td><code>${escaped(name)}</code><td>${escaped(place)}<td>${escaped(description)}<td><code>${json(schema, 0)}</code>`,
    )
  return `<table><tr><th>parameter<th>in<th>meaning<th>schema\n${rows.join('\n')}</table>`
}

function responses(all: Json): string {
  const rows = Object.entries(all).map(([status, response]) => {
    const { description } = record(response)
    const schema = contentOf(response)
    const isDone = status.startsWith('2')
    const shown = isDone && schema !== undefined ? `<pre>${json(schema)}</pre>` : ''
    return `<tr><td>${escaped(status)}<td>${codes(String(description))}${shown}`
  })
  return `<table><tr><th>status<th>what it says\n${rows.join('\n')}</table>`
}

/** Names of failures lead to what they mean. */
function codes(text: string): string {
  return escaped(text).replace(/`(\w+)`/g, '<a href="#$1"><code>$1</code></a>')
}

function schemaSection({ components }: OpenApi): string {
  const printed = Object.entries(record(record(components)['schemas'])).map(
    ([name, schema]) =>
      `<details id="schema-${escaped(name)}"><summary><code>${escaped(name)}</code></summary><pre>${json(schema)}</pre></details>`,
  )
  return `<section id="schemas"><h2>schemas</h2>\n${printed.join('\n')}</section>`
}

function failureSection(): string {
  const rows = Object.entries(failures).map(
    ([code, { status, retryable }]) =>
      `<tr id="${code}"><td><code>${code}</code><td>${titleOf(code)}<td>${status}<td>${retryable ? 'yes' : 'no'}`,
  )
  return `<section id="failures"><h2>failures</h2><p>Every failure is told as <code>application/problem+json</code>, with what to do about it in <code>remedy</code>.</p>
<table><tr><th>code<th>title<th>status<th>worth a retry\n${rows.join('\n')}</table></section>`
}

function contentOf(described: unknown): unknown {
  const content = record(record(described)['content'])
  return record(content['application/json'])['schema']
}

function json(value: unknown, indent = 2): string {
  return escaped(JSON.stringify(value, null, indent))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(value: unknown): string {
  return String(value).replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

function record(value: unknown): Json {
  return isRecord(value) ? value : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export const docsStyle = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1rem }
h1 small { font-weight: normal; opacity: .6 }
nav { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0 }
details { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .4rem 0 }
summary { cursor: pointer }
summary b { display: inline-block; min-width: 4rem; font-size: .85em }
table { border-collapse: collapse; margin: .5rem 0; font-size: .9em }
th, td { text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0 }
pre { overflow-x: auto; padding: .5rem; background: color-mix(in srgb, currentColor 8%, transparent) }
:target { outline: 2px solid }
`
