//! What do the tables in core/docs say? They are the module's documentation and what the tests run through.

/// A table as it is written: the columns' names without the first, and the rows.
pub(crate) struct Table {
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
}

/// A row: its name, and its cells in the order of the columns.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) cells: Vec<&'static str>,
}

impl Table {
    /// The table of `page` below the heading that begins with `heading`.
    pub(crate) fn below(heading: &str, page: &'static str) -> Self {
        let lines = page
            .lines()
            .skip_while(|line| !line.strip_prefix("# ").is_some_and(|text| text.starts_with(heading)))
            .skip_while(|line| !line.starts_with('|'))
            .take_while(|line| line.starts_with('|'));
        let mut rows = lines.map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            Row { name: cells.next().unwrap(), cells: cells.collect() }
        });
        let columns = rows.next().unwrap().cells;
        let rows: Vec<Row> = rows.skip(1).collect();
        assert!(
            rows.iter().all(|row| row.cells.len() == columns.len()),
            "{heading}: a row has other columns"
        );
        Self { columns, rows }
    }

    /// Every cell, with the names of its row and its column.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        self.rows.iter().flat_map(|row| {
            let cells = self.columns.iter().zip(&row.cells);
            cells.map(|(column, cell)| (row.name, *column, *cell))
        })
    }

    /// For tables that are read from the top: the first row that `fits` and says something in `column`.
    pub(crate) fn first(&self, column: &str, fits: impl Fn(&str) -> bool) -> &Row {
        let place = self.place(column);
        let row = self.rows.iter().find(|row| !row.cells[place].is_empty() && fits(row.name));
        row.unwrap_or_else(|| panic!("the table has no answer for {column}"))
    }

    /// What `row` says in `column`.
    pub(crate) fn cell(&self, row: &Row, column: &str) -> &'static str {
        row.cells[self.place(column)]
    }

    fn place(&self, column: &str) -> usize {
        self.columns.iter().position(|name| *name == column).unwrap()
    }
}
