import { printComponents } from '../../contract/rest/openapi.ts'
import { Problem } from '../../contract/rest/problem.ts'
import { ToolAnswer } from '../../contract/rest/tool-paths.ts'
import { keyNames } from '../../core/projection/project-tools.ts'
import { printJsonSchema } from '../../core/projection/print-json-schema.ts'
import type { ProjectedTool } from '../../core/projection/read-tools.ts'

export interface ToolPathsHead {
  /** Where the tools are. */
  readonly url: string
  readonly version: string
}

/** An OpenAPI 3.1 document in which every tool is one operation. */
export function printToolPaths(
  tools: readonly ProjectedTool[],
  { url, version }: ToolPathsHead,
): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gantry tools',
      version,
      description: 'The tools of all MCP servers behind this gateway, each as an operation.',
    },
    servers: [{ url }],
    security: [{}, { key: [] }],
    paths: Object.fromEntries(tools.map((tool) => [`/${tool.name}`, { post: operation(tool) }])),
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: printComponents([ToolAnswer, Problem]),
    },
  }
}

const longestSummary = 120

function operation(tool: ProjectedTool): Record<string, unknown> {
  const { name, description, entry, input } = tool
  const [line = ''] = description.split('\n')
  return {
    operationId: name,
    tags: [entry.server],
    summary: line === '' ? name : line.slice(0, longestSummary).toWellFormed(),
    ...(description !== '' && { description }),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: printJsonSchema(input, keyNames(tool)) } },
    },
    responses: {
      200: answers('What the tool came to.', 'application/json', 'ToolAnswer'),
      default: answers(
        'Why it was not called, or got no answer.',
        'application/problem+json',
        'Problem',
      ),
    },
  }
}

function answers(description: string, type: string, schema: string): Record<string, unknown> {
  return {
    description,
    content: { [type]: { schema: { $ref: `#/components/schemas/${schema}` } } },
  }
}
