<?php
// Takes an upload. A name that it does not like it refuses with 200 and a page that says so.
header('Content-Type: text/html; charset=utf-8');
$taken = getenv('TAKEN') ?: $_SERVER['TAKEN'];
$file = $_FILES['upload'] ?? null;
if (!$file || $file['error']) {
    http_response_code(400);
    exit('<title>Fehler</title>There is no file');
}
$name = basename($file['name']);
if (!preg_match('/^DS[VP]\d{9}_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(_F\d{3}[CE])?\.xml$/', $name)) {
    exit('<title>Fehler</title>The name is not valid: ' . htmlspecialchars($name));
}
move_uploaded_file($file['tmp_name'], "$taken/$name");
file_put_contents("$taken/uploads", "$name\n", FILE_APPEND | LOCK_EX);
echo '<title>OK</title>Taken: ' . htmlspecialchars($name);
