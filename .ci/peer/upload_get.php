<?php
// Hands out a result.
$taken = getenv('TAKEN') ?: $_SERVER['TAKEN'];
header('Content-Type: text/xml; charset=utf-8');
readfile("$taken/" . basename($_GET['f'] ?? ''));
