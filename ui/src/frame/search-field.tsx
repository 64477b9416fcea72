import { TextInput, ToolbarItem } from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";

/** Where a person types what a list is searched for. */
export function SearchField({
  what,
  placeholder,
  value,
  onChange,
}: {
  what: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <ToolbarItem className="kmr-search">
      <TextInput
        type="search"
        customIcon={<SearchIcon />}
        aria-label={`Search ${what}`}
        placeholder={placeholder}
        value={value}
        onChange={(_, text) => onChange(text)}
      />
    </ToolbarItem>
  );
}
