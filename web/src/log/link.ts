import { useLocation, useNavigate } from "react-router";

/** Names a line in the address, for a link to it. */
export function useLinkLine(): (number: number) => void {
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  return (number) => void navigate(`${pathname}${search}#L${number}`, { replace: true, preventScrollReset: true });
}
