-- Quarto sets what a labelled cell prints in a block of its own, in which no page can begin and no space can grow.
-- The embedded renderer makes no such blocks; without them both set the same pages.

function Div(div)
  if div.classes:includes("cell") then
    return div.content
  end
end
