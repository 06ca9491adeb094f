import { Link } from "react-router";
import { useTitle } from "./title";

export function MissingPage() {
  useTitle("Nothing here");
  return (
    <>
      <h1>Nothing is at this address</h1>
      <p>
        The address may be mistyped. <Link to="/">Go to the runs</Link>
      </p>
    </>
  );
}
