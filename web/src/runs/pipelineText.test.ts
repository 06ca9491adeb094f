import { expect, test } from "vitest";
import { withPipelineName } from "./pipelineText";

test("only the name changes", () => {
  const text = "# kept\npipeline: shop # the shop\njobs:\n  build:\n    description: |\n      pipeline: not this one\n";
  expect(withPipelineName(text, "shop-copy")).toBe(text.replace("pipeline: shop ", "pipeline: shop-copy "));
  expect(withPipelineName('pipeline: "shop"\njobs: {}\n', "other")).toBe("pipeline: other\njobs: {}\n");
  expect(withPipelineName("jobs: {}\n", "other")).toBe("pipeline: other\njobs: {}\n");
});
