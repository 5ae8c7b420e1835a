"""What every domain stands on; one named capability per module, and no domain word in any of them.

audit           append-only event rows, sealed into a hash chain
backup          one encrypted file that holds the whole installation
backup_file     the encrypted container of a backup
backup_keys     foreign keys while a backup is read in
backup_values   database values as JSON and back
charts_pdf      charts as PDF drawings
classification  what kind of data a column holds and how long it lives
clock           the only clock
crypto          key ring, encrypted column types, blind index
csv_safe        formula-safe CSV
database        Model, column types, reading and writing units
deliveries      who delivers the outbox: threads or the engine
engine          Procrastinate, the job engine on PostgreSQL
fonts           fonts for documents
forms           the form base class and its messages
gate            the one fair queue for SQLite writers
health          what the health routes report
i18n            Chinese message ids and the English catalogue
jobs            periodic jobs, heartbeat, run loop
keyring         encryption keys and the file that holds them
mail            SMTP
outbox          messages that must leave, as rows
paging          one page of a long list
pdf             PDF house style
problems        refusals that a person may read
push            "you have something to do", without saying what
seals           the hash chain over audit rows
spreadsheet_checks  what an uploaded workbook may be
spreadsheets    reading and writing XLSX
spreadsheets_apart  reading an uploaded spreadsheet in a process of its own
state_machine   state tables and how they are read
webhook         signed HTTP notification
"""
