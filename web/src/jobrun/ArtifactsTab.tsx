import { artifactAddress } from "../api/calls";
import type { ArtifactView } from "../api/schema";
import { formatBytes } from "../text/bytes";

/** The files that it kept, each to download. */
export function ArtifactsTab({ artifacts, jobRun, workspace }: { artifacts: readonly ArtifactView[]; jobRun: string; workspace: string }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">File</th>
          <th scope="col" className="number">
            Size
          </th>
        </tr>
      </thead>
      <tbody>
        {artifacts.map(({ execution, path, size, digest }) => (
          <tr key={`${execution} ${path}`}>
            <td>
              <a href={artifactAddress(workspace, jobRun, digest)} download>
                {path}
              </a>
            </td>
            <td className="number">{formatBytes(size)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
